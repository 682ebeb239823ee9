export { ProvisionSkillWorkflow } from './provision-skill.ts';
export { TenantPaceWorkflow } from './tenant-pace.ts';
