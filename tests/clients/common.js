// SPDX-License-Identifier: MIT
'use strict';
// What the scenarios share: one step a line, refusals by their canonical name,
// credentials that need no network.
//
//   node SCENARIO.js [ARGUMENT...]     with MODELFS_PORT, MODELFS_DATA and,
//                                      where it is needed, MODELFS_GCR
//
// The libraries come from NODE_PATH (see ./install).
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { google } = require('googleapis');

const port = Number(process.env.MODELFS_PORT);
const data = process.env.MODELFS_DATA;
const PROJECT = 'demo';
const LOCATION = 'us-central1';

const CODES = {
	1: 'CANCELLED', 3: 'INVALID_ARGUMENT', 5: 'NOT_FOUND', 6: 'ALREADY_EXISTS', 9: 'FAILED_PRECONDITION',
	10: 'ABORTED', 12: 'UNIMPLEMENTED', 13: 'INTERNAL',
};
const HTTP = { INVALID_ARGUMENT: 400, NOT_FOUND: 404, ALREADY_EXISTS: 409, FAILED_PRECONDITION: 400, ABORTED: 409 };

// A token that is as good as any on loopback, and never renewed.
function credentials() {
	const auth = new google.auth.OAuth2();
	auth.setCredentials({ access_token: 'a-token', expiry_date: Date.now() + 3600e3 });
	return auth;
}

// Options for the clients of @google-cloud/*: REST, on our port.
function restOptions() {
	return {
		fallback: true, protocol: 'http', apiEndpoint: '127.0.0.1', port,
		projectId: PROJECT, authClient: credentials(),
	};
}

// The same for googleapis.
function discoveryOptions(version) {
	return { version, auth: credentials(), rootUrl: `http://127.0.0.1:${port}/`, retryConfig: { retry: 0 } };
}

// The canonical name in an error of either library; googleapis gives the
// answer itself, @google-cloud/* the envelope as the message.
function statusOf(e) {
	if (e.response && e.response.data && e.response.data.error)
		return e.response.data.error;
	const text = String(e.message);
	const brace = text.indexOf('{');
	if (brace >= 0) {
		try {
			return JSON.parse(text.slice(brace)).error;
		} catch {
			// no envelope: an error of the library's own
		}
	}
	return { status: CODES[e.code], message: e.message, details: e.statusDetails, code: HTTP[CODES[e.code]] };
}

// The call is refused with `status`; returns the error object.
async function refused(status, call) {
	let answer;
	try {
		answer = await call();
	} catch (e) {
		const error = statusOf(e);
		assert.equal(error && error.status, status, `refused otherwise: ${e.stack}`);
		if (HTTP[status])
			assert.equal(error.code, HTTP[status]);
		assert.ok(error.message && error.message.length > 0, 'a refusal says why');
		return error;
	}
	return assert.fail(`should have been ${status}: ${JSON.stringify(answer)}`);
}

// The operation fails with a canonical code.
async function fails(code, call) {
	try {
		await call();
	} catch (e) {
		assert.equal(e.code, code, e.stack);
		return;
	}
	assert.fail(`should have failed with ${code}`);
}

// The error of a finished operation, for pollers of our own.
class OperationError extends Error {
	constructor(error) {
		super(error.message);
		this.code = error.code;
	}
}

async function poll(get) {
	for (let i = 0; i < 300; i++) {
		const operation = await get();
		if (operation.done) {
			assert.ok(!operation.error !== !operation.response, 'an error or a response, not both');
			if (operation.error)
				throw new OperationError(operation.error);
			return operation;
		}
		await new Promise(wake => setTimeout(wake, 100));
	}
	return assert.fail('the operation does not end');
}

// gs://BUCKET/OBJECT as a path below the data directory.
const onDisk = uri => path.join(data, 'buckets', uri.replace(/^gs:\/\//, ''));

// Files below a directory, relative and sorted.
function files(dir) {
	return fs.readdirSync(dir, { recursive: true })
		.filter(f => fs.statSync(path.join(dir, f)).isFile()).map(String).sort();
}

function sameFiles(a, b) {
	assert.deepEqual(files(a), files(b));
	for (const f of files(a))
		assert.ok(fs.readFileSync(path.join(a, f)).equals(fs.readFileSync(path.join(b, f))), f);
}

// Runs the steps in order; the first failure ends the process.
async function run(title, steps) {
	for (const [name, step] of steps) {
		try {
			await step();
		} catch (e) {
			console.log(`not ok ${title}: ${name}`);
			console.error(e);
			process.exit(1);
		}
		console.log(`ok ${title}: ${name}`);
	}
	process.exit(0); // the libraries keep connections open
}

module.exports = {
	assert, fs, path, google, PROJECT, LOCATION, data, restOptions, discoveryOptions, refused, fails, poll,
	onDisk, files, sameFiles, run,
};
