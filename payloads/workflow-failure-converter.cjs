// CommonJS: the SDK bundles it with the workflows, where nothing is known of the worker's settings.
const { DefaultFailureConverter } = require('@temporalio/common');
const { failureConverter } = require('./failure-converter.cjs');

/** The build writes the bundle twice. In the one for workers that have keys, this says `protected`. */
const FAILURES = 'skill-provisioner-failures-plain';

exports.failureConverter = FAILURES.endsWith('protected') ? failureConverter : new DefaultFailureConverter();
