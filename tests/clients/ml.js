// SPDX-License-Identifier: MIT
'use strict';
// ml.js: what people do with AI Platform models, through googleapis.
const t = require('./common');

const { assert } = t;
const { projects } = t.google.ml(t.discoveryOptions('v1'));
const { models } = projects;
const { versions } = models;

const parent = `projects/${t.PROJECT}`;
const census = `${parent}/models/census`;
const version = v => `${census}/versions/${v}`;
const body = async answer => (await answer).data;
const operation = name => body(projects.operations.get({ name }));
const wait = async answer => {
	const { name } = await body(answer);
	assert.match(name, /^projects\/demo\/operations\/[^/]+$/);
	return t.poll(() => operation(name));
};
const pages = async (get, key, query) => {
	const all = [];
	let pageToken;
	do {
		const answer = await body(get({ pageSize: 2, ...query, pageToken }));
		assert.ok((answer[key] || []).length <= 2);
		all.push(...(answer[key] || []));
		pageToken = answer.nextPageToken;
	} while (pageToken);
	return all;
};
const names = list => list.map(m => m.name.replace(/.*\//, ''));
const tensorflow = {
	deploymentUri: 'gs://files/tf/', runtimeVersion: '1.15', pythonVersion: '3.7', framework: 'TENSORFLOW',
};
const create = (requestBody, model = census) => versions.create({ parent: model, requestBody });
const patch = (name, updateMask, requestBody) => versions.patch({ name, updateMask, requestBody });

t.run('ml apis v1', [
	['create a model', async () => {
		const m = await body(models.create({
			parent,
			requestBody: { name: 'census', description: 'Income.', regions: ['us-central1'], labels: { team: 'x' } },
		}));
		assert.equal(m.name, census);
		assert.equal(m.description, 'Income.');
		assert.deepEqual(m.regions, ['us-central1']);
		assert.ok(m.etag);
		assert.equal('defaultVersion' in m, false);
		for (let i = 0; i < 5; i++)
			await models.create({ parent, requestBody: { name: `other_${i}` } });
	}],
	['list models: every page, nothing twice', async () => {
		const all = names(await pages(q => models.list(q), 'models', { parent }));
		assert.deepEqual(all.slice().sort(), ['census', 'other_0', 'other_1', 'other_2', 'other_3', 'other_4']);
	}],
	['create a version and wait', async () => {
		const o = await wait(create({ name: 'v1', ...tensorflow }));
		assert.equal(o.metadata['@type'], 'type.googleapis.com/google.cloud.ml.v1.OperationMetadata');
		assert.equal(o.metadata.operationType, 'CREATE_VERSION');
		assert.equal(o.metadata.modelName, census);
		assert.ok(o.metadata.createTime && o.metadata.startTime && o.metadata.endTime);
		assert.equal(o.response['@type'], 'type.googleapis.com/google.cloud.ml.v1.Version');
		assert.equal(o.response.name, version('v1'));
	}],
	['get a version', async () => {
		const v = await body(versions.get({ name: version('v1') }));
		assert.equal(v.state, 'READY');
		assert.equal(v.isDefault, true);
		assert.equal(v.machineType, 'mls1-c1-m2');
		assert.equal(v.framework, 'TENSORFLOW');
		assert.equal(v.runtimeVersion, '1.15');
		assert.ok(v.createTime && v.etag);
	}],
	['more versions: a machine of its own, a framework by the files', async () => {
		await wait(create({
			name: 'v2', ...tensorflow, machineType: 'n1-standard-4', manualScaling: { nodes: 1 },
			acceleratorConfig: { count: '1', type: 'NVIDIA_TESLA_K80' },
		}));
		const { framework, ...unsaid } = tensorflow;
		const o = await wait(create({ name: 'v3', ...unsaid }));
		assert.equal(o.response.framework, framework);
		const v = await body(versions.get({ name: version('v2') }));
		assert.deepEqual(v.manualScaling, { nodes: 1 });
		assert.deepEqual(v.acceleratorConfig, { count: '1', type: 'NVIDIA_TESLA_K80' }, 'int64 is a string');
		assert.equal('isDefault' in v, false);
	}],
	['list versions', async () => {
		const all = await pages(q => versions.list(q), 'versions', { parent: census });
		assert.deepEqual(names(all).sort(), ['v1', 'v2', 'v3']);
	}],
	['a version whose files say nothing ends FAILED', async () => {
		const started = await body(create({
			name: 'v4', deploymentUri: 'gs://files/none/', runtimeVersion: '1.15', pythonVersion: '3.7',
		}));
		await assert.rejects(t.poll(() => operation(started.name)), /./);
		const v = await body(versions.get({ name: version('v4') }));
		assert.equal(v.state, 'FAILED');
		assert.ok(v.errorMessage);
	}],
	['patch a version with a mask', async () => {
		const before = await body(versions.get({ name: version('v2') }));
		const o = await wait(patch(version('v2'), 'description,manualScaling.nodes',
			{ etag: before.etag, description: 'bigger', manualScaling: { nodes: 3 } }));
		assert.equal(o.metadata.operationType, 'UPDATE_VERSION');
		const v = await body(versions.get({ name: version('v2') }));
		assert.deepEqual([v.description, v.manualScaling.nodes, v.state], ['bigger', 3, 'READY']);
		assert.notEqual(v.etag, before.etag);
		await wait(patch(version('v1'), 'requestLoggingConfig',
			{ requestLoggingConfig: { samplingPercentage: 0.1, bigqueryTableName: 'demo.logs.requests' } }));
		assert.deepEqual((await body(versions.get({ name: version('v1') }))).requestLoggingConfig,
			{ samplingPercentage: 0.1, bigqueryTableName: 'demo.logs.requests' });
	}],
	['patch a model with a mask', async () => {
		const o = await wait(models.patch({
			name: census, updateMask: 'description', requestBody: { description: 'Better.', labels: { not: 'this' } },
		}));
		assert.equal(o.metadata.operationType, 'UPDATE_MODEL');
		const m = await body(models.get({ name: census }));
		assert.deepEqual([m.description, m.labels], ['Better.', { team: 'x' }]);
	}],
	['move the default', async () => {
		const v = await body(versions.setDefault({ name: version('v2'), requestBody: {} }));
		assert.equal(v.name, version('v2'));
		assert.equal(v.isDefault, true);
		assert.equal((await body(models.get({ name: census }))).defaultVersion.name, version('v2'));
		assert.equal('isDefault' in await body(versions.get({ name: version('v1') })), false);
		await versions.setDefault({ name: version('v1') }); // the page: an empty body
		await wait(models.patch({
			name: census, updateMask: 'default_version.name',
			requestBody: { defaultVersion: { name: version('v2') } },
		}));
		assert.equal((await body(models.get({ name: census }))).defaultVersion.name, version('v2'));
	}],
	['cancel the creation of a version', async () => {
		const started = await body(create({ name: 'big', ...tensorflow, deploymentUri: 'gs://files/big/' }));
		assert.equal('done' in started, false);
		assert.equal((await body(versions.get({ name: version('big') }))).state, 'CREATING');
		await t.refused('FAILED_PRECONDITION', () => versions.delete({ name: version('big') }));
		await projects.operations.cancel({ name: started.name });
		await t.fails(1, () => t.poll(() => operation(started.name)));
		const v = await body(versions.get({ name: version('big') }));
		assert.equal(v.state, 'FAILED');
		assert.ok(v.errorMessage);
		await t.refused('FAILED_PRECONDITION', () => versions.setDefault({ name: version('big') }));
	}],
	['operations', async () => {
		const all = (await pages(q => projects.operations.list(q), 'operations', { name: parent })).map(o => o.name);
		assert.ok(all.length >= 8, `${all}`);
		assert.equal(new Set(all).size, all.length);
	}],
	['locations', async () => {
		const all = await pages(q => projects.locations.list(q), 'locations', { parent });
		assert.ok(all.length > 0);
		const l = await body(projects.locations.get({ name: all[0].name }));
		assert.equal(l.name, all[0].name);
		assert.ok(Array.isArray(l.capabilities));
	}],
	['INVALID_ARGUMENT', async () => {
		const invalid = call => t.refused('INVALID_ARGUMENT', call);
		await invalid(() => models.create({ parent, requestBody: { name: 'no-dashes' } }));
		await invalid(() => models.create({ parent, requestBody: {} }));
		const { runtimeVersion, ...unsaid } = tensorflow;
		await invalid(() => create({ name: 'bad', ...unsaid }));
		await invalid(() => create({ name: 'bad', ...tensorflow, pythonVersion: '3.5' }));
		await invalid(() => create({ name: 'bad', ...tensorflow, machineType: 'n1-standard-3' }));
		await invalid(() => create({ name: 'bad', ...tensorflow, autoScaling: { minNodes: 1 }, manualScaling: { nodes: 1 } }));
		await invalid(() => create({ name: 'bad', ...tensorflow, deploymentUri: '/tmp/model' }));
		await invalid(() => patch(version('v1'), '', { description: 'x' }));
		await invalid(() => patch(version('v1'), 'runtimeVersion', { runtimeVersion }));
		const e = await invalid(() => create({ name: 'bad', ...tensorflow, framework: 'PYTORCH' }));
		const bad = e.details.find(d => d['@type'].endsWith('google.rpc.BadRequest'));
		assert.match(bad.fieldViolations[0].field, /framework/);
	}],
	['NOT_FOUND', async () => {
		await t.refused('NOT_FOUND', () => models.get({ name: `${parent}/models/nobody` }));
		await t.refused('NOT_FOUND', () => versions.get({ name: version('v9') }));
		await t.refused('NOT_FOUND', () => create({ name: 'v1', ...tensorflow }, `${parent}/models/nobody`));
		await t.refused('NOT_FOUND', () => patch(version('v9'), 'description', { description: 'x' }));
		await t.refused('NOT_FOUND', () => versions.setDefault({ name: version('v9') }));
		await t.refused('NOT_FOUND', () => operation(`${parent}/operations/none`));
	}],
	['FAILED_PRECONDITION', async () => {
		await t.refused('FAILED_PRECONDITION', () => versions.delete({ name: version('v2') }));
		await t.refused('FAILED_PRECONDITION', () => models.delete({ name: census }));
		await t.refused('FAILED_PRECONDITION',
			() => patch(version('v1'), 'manualScaling.nodes', { manualScaling: { nodes: 2 } }));
		await t.refused('FAILED_PRECONDITION', () => patch(version('v1'), 'labels', { labels: { a: 'b' } }));
	}],
	['ALREADY_EXISTS', async () => {
		await t.refused('ALREADY_EXISTS', () => models.create({ parent, requestBody: { name: 'census' } }));
		await t.refused('ALREADY_EXISTS', () => create({ name: 'v1', ...tensorflow }));
	}],
	['ABORTED', async () => {
		const etag = Buffer.from('long ago').toString('base64');
		await t.refused('ABORTED', () => patch(version('v1'), 'description', { etag, description: 'x' }));
		await t.refused('ABORTED',
			() => models.patch({ name: census, updateMask: 'description', requestBody: { etag, description: 'x' } }));
	}],
	['delete the versions, the default last, then the model', async () => {
		for (const v of ['v1', 'v3', 'v4', 'big', 'v2']) {
			const o = await wait(versions.delete({ name: version(v) }));
			assert.equal(o.metadata.operationType, 'DELETE_VERSION');
			assert.deepEqual(o.response, { '@type': 'type.googleapis.com/google.protobuf.Empty' });
		}
		assert.equal((await wait(models.delete({ name: census }))).metadata.operationType, 'DELETE_MODEL');
		await t.refused('NOT_FOUND', () => models.get({ name: census }));
	}],
]);
