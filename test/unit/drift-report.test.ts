import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDrift } from '../../client/cli/drift-render.ts';
import { MAX_REPORTED_AGENTS, MAX_STATE_BYTES, type DriftedAgent } from '../../domain/drift.ts';
import type { SkillStep } from '../../domain/state-difference.ts';
import { emptyReport, reportDrifted } from '../../workflows/drift-report.ts';

const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024;

function stepsOf(count: number, from: number): SkillStep[] {
  return Array.from({ length: count }, (_, index) => ({ skillId: `sk-${index}`, name: 'ü'.repeat(40), from, to: 4 }));
}

function agentsWith(steps: number): DriftedAgent[] {
  return Array.from({ length: 300 }, (_, index) => ({
    agentId: `agent-${index}`,
    directory: stepsOf(steps, 0),
    routing: stepsOf(steps, 1),
  }));
}

test('a report of many agents with many steps fits beside the desired state where a check goes on', () => {
  const report = emptyReport({ source: { name: 'centre.yaml', sha256: 'a'.repeat(64) } });
  const found = agentsWith(500);
  for (const half of [found.slice(0, 150), found.slice(150)]) reportDrifted(report, half);
  const bytes = Buffer.byteLength(JSON.stringify(report));
  assert.ok(MAX_STATE_BYTES + bytes < 0.95 * MAX_PAYLOAD_BYTES, `${bytes} bytes`);
  assert.deepEqual(
    report.drifted.map(({ agentId }) => agentId),
    found.slice(0, MAX_REPORTED_AGENTS).map(({ agentId }) => agentId),
  );
  for (const { directory, routing, leftOut = 0 } of report.drifted) {
    assert.equal(directory.length + routing.length + leftOut, 1_000);
  }
  assert.deepEqual(report.drifted[0], found[0]);
  assert.match(renderDrift({ ...report, inDirectory: 300 }), /agent-199 +… and 1000 more/);
});

test('a report of some agents with some steps has them all', () => {
  const report = emptyReport({ source: { name: 'centre.yaml', sha256: 'a'.repeat(64) } });
  const found = agentsWith(2).slice(0, MAX_REPORTED_AGENTS);
  reportDrifted(report, found);
  assert.deepEqual(report.drifted, found);
});
