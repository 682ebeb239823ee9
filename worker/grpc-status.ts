import { isGrpcServiceError } from '@temporalio/client';

/** The gRPC status codes a worker tells apart; the SDK does not export them. */
export const GRPC_STATUS = { invalidArgument: 3, notFound: 5, permissionDenied: 7, unauthenticated: 16 } as const;

/** The gRPC status code of an error of the SDK, or of what caused it. */
export function grpcStatus(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcStatus(error.cause) : undefined;
}
