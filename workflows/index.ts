export { ProvisionSkillWorkflow } from './provision-skill.ts';
export { ReadAgentsWorkflow } from './read-agents.ts';
export { DriftCheckWorkflow } from './drift-check.ts';
