import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { METRICS, SEALER_METRICS } from '../../domain/metric-names.ts';
import type { ProvisioningActivities } from '../../activities/contract.ts';

interface Rules {
  groups: { rules: { alert: string; expr: string; for: string; annotations: { summary: string } }[] }[];
}

const RULES = (parse(readFileSync('docs/alerts.yml', 'utf8')) as Rules).groups.flatMap(({ rules }) => rules);
const OURS: string[] = [...Object.values(METRICS), ...Object.values(SEALER_METRICS).map(({ name }) => name)];
/** Of the SDK; the label has the activity's name. */
const OF_THE_SDK = 'temporal_activity_execution_failed';
const RECORDING = 'recordAudit' satisfies keyof ProvisioningActivities;

test('each alert is about a metric that there is, waits before it fires, and says what is wrong', () => {
  assert.ok(RULES.length > 0);
  for (const { alert, expr, for: wait, annotations } of RULES) {
    const names = expr.match(/\b(?:audit|provision|temporal)_\w+/g) ?? [];
    assert.ok(names.length > 0, alert);
    for (const name of names) assert.ok(OURS.includes(name) || name === OF_THE_SDK, `${alert}: ${name}`);
    assert.match(wait, /^\d+m$/, alert);
    assert.ok(annotations.summary.length > 10, alert);
  }
});

test('open writes, the unsealed tail and a trail that cannot be written have their alert', () => {
  const expressions = RULES.map(({ expr }) => expr).join('\n');
  const { openIntents, unsealedAge, up, lastCheckpoint } = SEALER_METRICS;
  for (const { name } of [openIntents, unsealedAge, up]) assert.ok(expressions.includes(name), name);
  // Without a checkpoint there is no age of one either.
  assert.ok(expressions.includes(`absent(${lastCheckpoint.name})`));
  assert.ok(expressions.includes(`${OF_THE_SDK}{activity_type="${RECORDING}"}`));
});
