/** Errors as OpenAI's clients expect them. */
import { UserError } from '../../base/errors';
import { InferenceEndedError } from '../../protocol/inference';

export interface ErrorDetails {
  /** The parameter at fault. */
  readonly param?: string;
  readonly code?: string;
}

/** What a client is told instead of an answer: an HTTP status and OpenAI's error object. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }

  get body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    const { param = null, code = null } = this.details;
    return { error: { message: this.message, type: errorType(this.status), param, code } };
  }
}

function errorType(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 401) return 'authentication_error';
  return status === 403 ? 'permission_error' : 'invalid_request_error';
}

/** Any error as one that a client may be told. What only a defect explains is not told in detail. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof InferenceEndedError) return new ApiError(503, `${error.message} ${error.next}`);
  if (error instanceof UserError) return new ApiError(400, `${error.message} ${error.next}`);
  return new ApiError(500, 'The answer failed for a reason that is not yours; the log of the backend tells it.');
}
