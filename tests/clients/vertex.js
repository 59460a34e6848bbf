// SPDX-License-Identifier: MIT
'use strict';
// vertex.js LIBRARY VERSION: what people do with Vertex AI models, through
// `cloud` (@google-cloud/aiplatform) or `apis` (googleapis), v1 or v1beta1.
const t = require('./common');

const { assert } = t;
const [library, version] = process.argv.slice(2);
const api = require(`./vertex-${library}`)(version);

const parent = `projects/${t.PROJECT}/locations/${t.LOCATION}`;
const model = (id, suffix = '') => `${parent}/models/${id}${suffix}`;
const id = `face_${library}_${version}`;
const face = model(id);
const names = list => list.map(m => m.name.replace(/.*\//, ''));
const artifacts = prefix => ({ artifactDestination: { outputUriPrefix: prefix } });
// A message that the library printed has every field, with its default.
const said = o => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== '' && v !== null));

let exported;

t.run(`vertex ${library} ${version}`, [
	['upload with an id of one\'s own', async () => {
		const { response } = await api.upload({
			parent, modelId: id,
			model: {
				displayName: 'Face detector', description: 'Finds faces.', labels: { stage: 'candidate' },
				artifactUri: 'gs://files/one/', versionDescription: 'the first',
			},
		});
		assert.match(response.model, new RegExp(`/models/${id}$`));
		assert.equal(response.modelVersionId, '1');
	}],
	['upload without one', async () => {
		const { response } = await api.upload({ parent, model: { displayName: `nameless ${id}` } });
		assert.match(response.model, /\/models\/[0-9]+$/);
	}],
	['another version with an alias', async () => {
		const { response } = await api.upload({
			parent, parentModel: face,
			model: { displayName: 'not taken over', artifactUri: 'gs://files/two/', versionAliases: ['golden'] },
		});
		assert.equal(response.modelVersionId, '2');
	}],
	['get: model, version, alias', async () => {
		const m = await api.get(face);
		assert.match(m.name, new RegExp(`^projects/[0-9]+/locations/${t.LOCATION}/models/${id}$`));
		assert.equal(m.displayName, 'Face detector');
		assert.equal(m.versionId, '1');
		assert.deepEqual(m.versionAliases, ['default']);
		assert.deepEqual(m.labels, { stage: 'candidate' });
		assert.equal(m.versionDescription, 'the first');
		assert.deepEqual(m.supportedExportFormats.map(f => [f.id, f.exportableContents]),
			[['custom-trained', ['ARTIFACT']]]);
		assert.equal((await api.get(model(id, '@2'))).versionId, '2');
		assert.equal((await api.get(model(id, '@golden'))).versionId, '2');
		assert.equal((await api.get(model(id, '@2'))).displayName, 'Face detector');
	}],
	['list: every page, nothing twice', async () => {
		const all = names(await api.list(parent));
		assert.ok(all.length >= 7, `${all}`);
		assert.equal(new Set(all).size, all.length);
		assert.ok(all.includes(id));
		const paged = [];
		let next;
		do {
			const page = await api.page(parent, 3, next);
			assert.ok(page.items.length <= 3);
			paged.push(...names(page.items));
			({ next } = page);
		} while (next);
		assert.deepEqual(paged, all);
	}],
	['list: filter', async () => {
		assert.deepEqual(names(await api.list(parent, { filter: `display_name="Face detector" AND model="${id}"` })),
			[id]);
		assert.ok(names(await api.list(parent, { filter: 'labels.stage=candidate' })).includes(id));
		assert.ok(!names(await api.list(parent, { filter: 'labels.stage=nowhere' })).includes(id));
	}],
	['list: order and mask', async () => {
		if (version === 'v1beta1')
			return; // has no orderBy
		const all = (await api.list(parent, { orderBy: 'display_name desc' })).map(m => m.displayName);
		assert.deepEqual(all, all.slice().sort().reverse());
		const mask = library === 'cloud' ? { paths: ['name', 'display_name'] } : 'name,displayName';
		for (const m of await api.list(parent, { readMask: mask }))
			assert.deepEqual([Boolean(m.displayName), m.etag || ''], [true, '']);
	}],
	['list versions', async () => {
		const versions = await api.versions(face);
		assert.deepEqual(names(versions).sort(), [`${id}@1`, `${id}@2`]);
	}],
	['patch with a mask', async () => {
		const before = await api.get(face);
		const m = await api.patch({ name: face, displayName: 'Faces', description: 'not in the mask' }, 'display_name');
		assert.equal(m.displayName, 'Faces');
		assert.equal(m.description, 'Finds faces.');
		const after = await api.get(face);
		assert.equal(after.displayName, 'Faces');
		assert.notEqual(after.etag, before.etag);
		await api.patch({ name: face, etag: after.etag, labels: { stage: 'stable', team: 'vision' } }, 'labels');
		assert.deepEqual((await api.get(face)).labels, { stage: 'candidate', team: 'vision' }, 'the version\'s win');
		const v = await api.patch({ name: model(id, '@2'), versionDescription: 'better' }, 'version_description');
		assert.equal(v.versionDescription, 'better');
	}],
	['move the default', async () => {
		await api.merge(model(id, '@2'), 'default');
		assert.equal((await api.get(face)).versionId, '2');
		assert.deepEqual((await api.get(model(id, '@1'))).versionAliases || [], []);
		await api.merge(model(id, '@2'), '-golden', 'best');
		assert.deepEqual((await api.get(face)).versionAliases.slice().sort(), ['best', 'default']);
	}],
	['export the default version and wait', async () => {
		const { name, metadata } = await api.exportModel(face,
			{ exportFormatId: 'custom-trained', ...artifacts('gs://exports/here') });
		const uri = metadata.outputInfo.artifactOutputUri;
		assert.match(uri, /^gs:\/\/exports\/here\/model-export-Faces-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\/?$/);
		t.sameFiles(t.onDisk(uri), t.onDisk('gs://files/two'));
		exported = { name, uri };
	}],
	['export a version by alias', async () => {
		const { metadata } = await api.exportModel(model(id, '@1'), artifacts('gs://exports/there/'));
		t.sameFiles(t.onDisk(metadata.outputInfo.artifactOutputUri), t.onDisk('gs://files/one'));
	}],
	['look at an operation again', async () => {
		const o = await api.operation(exported.name);
		assert.equal(o.done, true);
		const metadata = await api.checkExport(exported.name);
		assert.equal(metadata.outputInfo.artifactOutputUri, exported.uri);
		const listed = (await api.operations(parent)).map(l => l.name.replace(/.*\//, ''));
		assert.equal(new Set(listed).size, listed.length);
		assert.ok(listed.includes(exported.name.replace(/.*\//, '')));
	}],
	['cancel an export', async () => {
		const big = `${id}_big`;
		await api.upload({ parent, modelId: big, model: { displayName: 'big', artifactUri: 'gs://files/big/' } });
		await t.fails(1, () => api.exportCancelled(model(big), artifacts(`gs://exports/${big}`)));
		assert.equal(t.fs.existsSync(t.onDisk(`gs://exports/${big}`)) &&
			t.files(t.onDisk(`gs://exports/${big}`)).length > 0, false, 'half an export');
		await api.deleteModel(model(big));
	}],
	['evaluations', async () => {
		assert.deepEqual(await api.evaluations(face), []);
		const e = await api.importEvaluation(face, { displayName: 'on the test set' });
		assert.match(e.name, new RegExp(`/models/${id}(@2)?/evaluations/[^/]+$`));
		assert.equal((await api.evaluation(e.name)).displayName, 'on the test set');
		assert.equal((await api.evaluations(face)).length, 1);
	}],
	['locations', async () => {
		assert.equal((await api.location(parent)).locationId, t.LOCATION);
		assert.deepEqual((await api.locations(`projects/${t.PROJECT}`)).map(l => l.locationId), [t.LOCATION]);
	}],
	['INVALID_ARGUMENT', async () => {
		await t.refused('INVALID_ARGUMENT', () => api.upload({ parent, model: { displayName: '' } }));
		await t.refused('INVALID_ARGUMENT', () => api.upload({ parent, modelId: 'Upper', model: { displayName: 'x' } }));
		await t.refused('INVALID_ARGUMENT', () => api.patch({ name: face, displayName: 'x' }, 'artifact_uri'));
		await t.refused('INVALID_ARGUMENT', () => api.patch({ name: face, displayName: 'x' }));
		await t.refused('INVALID_ARGUMENT', () => api.page(parent, -1));
		await t.refused('INVALID_ARGUMENT', () => api.page(parent, 1, 'no-token'));
		await t.refused('INVALID_ARGUMENT', () => api.list(parent, { filter: 'colour="red"' }));
		await t.refused('INVALID_ARGUMENT', () => api.merge(model(id, '@1'), '7'));
		await t.refused('INVALID_ARGUMENT', () => api.exportModel(face, artifacts('gs://bare-bucket')));
	}],
	['NOT_FOUND', async () => {
		for (const name of [model('nobody'), model(id, '@9'), model(id, '@no-alias')])
			await t.refused('NOT_FOUND', () => api.get(name));
		await t.refused('NOT_FOUND', () => api.patch({ name: model('nobody'), displayName: 'x' }, 'display_name'));
		await t.refused('NOT_FOUND', () => api.deleteModel(model('nobody')));
		await t.refused('NOT_FOUND', () => api.operation(`${parent}/operations/1`));
	}],
	['FAILED_PRECONDITION', async () => {
		await t.refused('FAILED_PRECONDITION', () => api.merge(model(id, '@2'), '-default'));
		await t.refused('FAILED_PRECONDITION',
			() => api.exportModel(face, { exportFormatId: 'core-ml', ...artifacts('gs://exports/x') }));
		await t.refused('FAILED_PRECONDITION',
			() => api.patch({ name: model(id, '@2'), displayName: 'x' }, 'display_name'));
	}],
	['ALREADY_EXISTS', () =>
		t.refused('ALREADY_EXISTS', () => api.upload({ parent, modelId: id, model: { displayName: 'again' } }))],
	['ABORTED', async () => {
		await t.refused('ABORTED',
			() => api.patch({ name: face, etag: 'of-long-ago', displayName: 'x' }, 'display_name'));
		assert.equal((await api.get(face)).displayName, 'Faces');
	}],
	['delete a version, then the model', async () => {
		await api.deleteVersion(model(id, '@2'));
		await t.refused('NOT_FOUND', () => api.get(model(id, '@2')));
		assert.equal((await api.get(face)).versionId, '1', 'the newest left is the default');
		await t.refused('FAILED_PRECONDITION', () => api.deleteVersion(model(id, '@1')));
		const { response } = await api.deleteModel(face);
		assert.deepEqual(Object.keys(said(response || {})).filter(k => k !== '@type'), []);
		await t.refused('NOT_FOUND', () => api.get(face));
	}],
]);
