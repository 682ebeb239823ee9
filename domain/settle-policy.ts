import type { Policy, PolicyOverrides } from './policy.ts';

/** The defaults, overridden by the worker's settings, overridden by the request's. Nothing is checked here. */
export function settlePolicy(defaults: Policy, worker: PolicyOverrides = {}, request: PolicyOverrides = {}): Policy {
  return { ...defaults, ...given(worker), ...given(request) };
}

function given(overrides: PolicyOverrides): Partial<Policy> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}
