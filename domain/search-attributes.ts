/** Names and types of the search attributes the workflow sets and the worker registers. */
export const SEARCH_ATTRIBUTES = {
  CxoneTenantId: 'KEYWORD',
  CxoneAgentId: 'KEYWORD',
  CxoneRequestIds: 'KEYWORD_LIST',
  ProvisionState: 'KEYWORD',
  ReconciliationReason: 'KEYWORD',
  ReconciliationSince: 'DATETIME',
} as const;
