import { createBulkActivities } from './bulk.ts';
import { createCheckRequests } from './check-requests.ts';
import { createCheckTemporary } from './check-temporary.ts';
import type {
  BulkActivities,
  ProvisioningActivities,
  ReadingActivities,
  RequestActivities,
  TemporaryActivities,
} from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { createPatchSkills } from './patch-skills.ts';
import { createReadingActivities } from './read-agents.ts';
import { createReadActivities } from './read-platform.ts';
import { createRecordAudit } from './record-audit.ts';
import { createResolveSkill } from './resolve-skill.ts';
import { createRequestActivities } from './submit-request.ts';
import { createToggleState } from './toggle-state.ts';

type AllActivities = ProvisioningActivities &
  RequestActivities &
  TemporaryActivities &
  BulkActivities &
  ReadingActivities;

/** Everything the workflows can have done to the world, for one worker. */
export function createActivities(deps: ActivityDeps): AllActivities {
  return {
    checkRequests: createCheckRequests(deps),
    resolveSkill: createResolveSkill(deps),
    ...createReadActivities(deps),
    patchSkills: createPatchSkills(deps),
    toggleState: createToggleState(deps),
    recordAudit: createRecordAudit(deps),
    ...createRequestActivities(deps),
    checkTemporary: createCheckTemporary(deps),
    ...createBulkActivities(deps),
    ...createReadingActivities(deps),
  };
}
