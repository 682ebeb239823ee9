import type { InvariantName } from '../support/invariants.ts';

/** One place of a build, replaced so that an invariant is violated. */
export interface Breakage {
  /** The invariant that has to show it. */
  invariant: InvariantName | 'I16';
  what: string;
  /** In `dist/`. */
  file: string;
  /** Occurs once there. */
  find: string;
  replace: string;
}

const BUNDLE = 'workflow-bundle.js';

/** A build for each invariant, broken so that the campaign has to notice. */
export const BROKEN_BUILDS: Readonly<Record<string, Breakage>> = {
  'skill-lost': {
    invariant: 'I1',
    what: 'a PATCH removes a skill that nobody named',
    file: 'cxone/agents.js',
    find: 'wishes.map(({ skillId, level }) => ({ skillId, level })) });',
    replace: "[...wishes.map(({ skillId, level }) => ({ skillId, level })), { skillId: 'skill-others', level: 0 }] });",
  },
  'written-again-unread': {
    invariant: 'I2',
    what: 'a PATCH whose answer was lost is sent again at once, under another key',
    file: 'activities/patch-skills.js',
    find: 'return toAnswer(error, wasSent);',
    replace: `const answer = toAnswer(error, wasSent);
            const idempotencyKey = command.idempotencyKey + '-again';
            if (answer.kind !== 'lost' || command.again) return answer;
            return createPatchSkills(deps)({ ...command, idempotencyKey, again: true });`,
  },
  'dishonest-outcome': {
    invariant: 'I3',
    what: 'routing is reported as what was wished',
    file: 'activities/read-platform.js',
    find: 'if (shows(routing, input.wishes))',
    replace: 'if (input.wishes.length > 0) return input.wishes;\n            if (shows(routing, input.wishes))',
  },
  'stale-etag': {
    invariant: 'I4',
    what: 'the first ETag of an agent is used for ever',
    file: 'cxone/agents.js',
    find: "'if-match': etag,",
    replace: "'if-match': ((globalThis.firstETags ??= {})[agentId] ??= etag),",
  },
  'impatient-after-conflict': {
    invariant: 'I5',
    what: 'after a 412 nobody waits',
    file: BUNDLE,
    find: "(policy.conflictWait), waitingFor: 'conflict' }",
    replace: "('1ms'), waitingFor: 'conflict' }",
  },
  'impatient-with-locks': {
    invariant: 'I6',
    what: 'while a lock is held the PATCH is repeated without a wait',
    file: BUNDLE,
    find: "(policy.lockWait), waitingFor: 'lock' }",
    replace: "('1ms'), waitingFor: 'lock' }",
  },
  'agent-left-out': {
    invariant: 'I7',
    what: 'nobody is put back into the queue',
    file: 'activities/toggle-state.js',
    find: "await setState(toggle, 'AVAILABLE');",
    replace: 'await Promise.resolve();',
  },
  'two-writes-at-once': {
    invariant: 'I8',
    what: 'each PATCH is sent twice at the same time',
    file: 'activities/patch-skills.js',
    find: 'const { skills, etag } = await requirePlatform(',
    replace: `const options = { timeoutMs: command.requestTimeoutMs };
            const twin = requirePlatform(deps, command.tenantId).patchAgentSkills(command.agentId, command, options);
            twin.catch(() => undefined);
            const { skills, etag } = await requirePlatform(`,
  },
  'one-key-for-all': {
    invariant: 'I9',
    what: 'every PATCH of an agent has the same idempotency key',
    file: 'cxone/agents.js',
    find: "'x-idempotency-key': idempotencyKey",
    replace: "'x-idempotency-key': `${agentId}_always`",
  },
  'retry-after-ignored': {
    invariant: 'I10',
    what: 'a Retry-After is not heeded',
    file: 'cxone/tenant-gate.js',
    find: 'closeFor(ms) {',
    replace: 'closeFor(ms) {\n            return;',
  },
  'token-for-everybody': {
    invariant: 'I11',
    what: 'each caller asks for a token of its own',
    file: 'cxone/shared-load.js',
    find: 'if (inFlight !== undefined && isYoung(inFlight.startedAt))',
    replace: 'if (false)',
  },
  'guessed-skill-ids': {
    invariant: 'I12',
    what: 'skill ids are guessed and never looked up',
    file: 'activities/resolve-skill.js',
    find: 'const found = await platform.resolveSkill(change.skill, change.action, options);',
    replace: `const skillId = change.skill.skillId ?? 'skill-' + change.skill.name;
    const found = { ok: true, skillId, ageMs: 0, allowedLevels: [1, 2, 3, 4, 5] };`,
  },
  'no-intents': {
    invariant: 'I13',
    what: 'intents do not reach the audit trail',
    file: 'activities/record-audit.js',
    find: 'const stamped = records.map(',
    replace: "const stamped = records.filter(({ data }) => data.stage !== 'intent').map(",
  },
  'busy-is-idle': {
    invariant: 'I14',
    what: 'agents are changed in a call',
    file: 'activities/read-platform.js',
    find: 'if (isIdle(state))',
    replace: "if (state !== '')",
  },
  'forgotten-request': {
    invariant: 'I15',
    what: 'a request is acknowledged and forgotten',
    file: BUNDLE,
    find: 'const admission = this.judge(request);',
    replace: "const admission = this.judge(request);\n        if (request.requestId.endsWith('4')) return admission;",
  },
  'careless-change': {
    invariant: 'I16',
    what: 'the workflow has one more timer than the histories',
    file: BUNDLE,
    find: 'listen(run);',
    replace: 'listen(run);\n    setTimeout(() => undefined, 1);',
  },
};
