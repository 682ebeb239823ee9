export { ProvisionSkillWorkflow } from './provision-skill.ts';
