/** A skill an agent has, at a level from 1 to 5. */
export interface SkillLevel {
  skillId: string;
  level: number;
}

/** A skill's level in an inventory; 0 = not assigned. */
export function levelOf(inventory: readonly SkillLevel[], skillId: string): number {
  return inventory.find((skill) => skill.skillId === skillId)?.level ?? 0;
}

/** Whether an inventory shows every wish. A wish with level 0 is a removal. */
export function shows(inventory: readonly SkillLevel[], wishes: readonly SkillLevel[]): boolean {
  return wishes.every(({ skillId, level }) => levelOf(inventory, skillId) === level);
}

/** `voice 3, chat 5` or `none`, for people. */
export function describeInventory(inventory: readonly SkillLevel[]): string {
  if (inventory.length === 0) return 'none';
  return inventory.map(({ skillId, level }) => `${skillId} ${level === 0 ? '–' : level}`).join(', ');
}
