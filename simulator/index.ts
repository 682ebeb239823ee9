export { readLedgerFile, type Flag, type LedgerEntry, type Operation } from './ledger.ts';
export type { FaultAction, FaultMatch, FaultRule, Garbage, When } from './faults.ts';
export type { Hold, HoldMatch } from './hold.ts';
export type { AgentSeed, AgentSnapshot, AgentView, Disturbance, Level, SkillSeed, TenantSeed } from './model.ts';
export type { SimulatorOptions } from './options.ts';
export type { InitialInventory } from './platform.ts';
export * from './seeds.ts';
export { startSimulator, type Simulator } from './simulator.ts';
export type { ShiftSeed } from './workforce.ts';
