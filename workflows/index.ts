export { BulkPageWorkflow } from './bulk-page.ts';
export { BulkProvisionWorkflow } from './bulk-provision.ts';
export { ProvisionSkillWorkflow } from './provision-skill.ts';
export { TenantPaceWorkflow } from './tenant-pace.ts';
export { TemporarySkillWorkflow } from './temporary-skill.ts';
