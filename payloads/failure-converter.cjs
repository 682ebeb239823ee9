// CommonJS: the SDK loads it by `require`, and bundles it with the workflows.
const { DefaultFailureConverter } = require('@temporalio/common');

/** What operators and clients have to read without a key. Their messages hold ids and names of keys, nothing else. */
const READABLE = ['PayloadRefusedError', 'AskedTooEarlyError'];

/**
 * Puts message and stack trace of failures into a payload, which the codec encrypts, but for those that say why
 * something could not be read.
 */
class ProtectedFailureConverter extends DefaultFailureConverter {
  /**
   * @override
   * @type {import('@temporalio/common').FailureConverter['errorToFailure']}
   */
  errorToFailure(error, payloadConverter, context) {
    const failure = this.errorToFailureInner(error, payloadConverter, context);
    if (isReadable(error)) return failure;
    const { message, stackTrace } = failure;
    // A copy: the SDK hands the same object out again when an error is thrown on.
    return {
      ...failure,
      message: 'Encoded failure',
      stackTrace: '',
      encodedAttributes: payloadConverter.toPayload({ message, stack_trace: stackTrace }, context),
    };
  }
}

/**
 * By name, as errors come from the workflows' sandbox too, where they are of another class.
 *
 * @param {unknown} error
 */
function isReadable(error) {
  if (typeof error !== 'object' || error === null) return false;
  const { name, type } = /** @type {{ name?: unknown, type?: unknown }} */ (error);
  return [name, type].some((kind) => typeof kind === 'string' && READABLE.includes(kind));
}

exports.failureConverter = new ProtectedFailureConverter();
