export { ProvisionSkillWorkflow } from './provision-skill.ts';
export { TemporarySkillWorkflow } from './temporary-skill.ts';
