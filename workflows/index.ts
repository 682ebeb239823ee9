export { BulkPageWorkflow } from './bulk-page.ts';
export { BulkProvisionWorkflow } from './bulk-provision.ts';
export { DriftCheckWorkflow } from './drift-check.ts';
export { ProvisionSkillWorkflow } from './provision-skill.ts';
export { ReadAgentsWorkflow } from './read-agents.ts';
export { TemporarySkillWorkflow } from './temporary-skill.ts';
export { TenantPaceWorkflow } from './tenant-pace.ts';
