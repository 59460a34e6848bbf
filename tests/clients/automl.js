// SPDX-License-Identifier: MIT
'use strict';
// automl.js VERSION: what people do with AutoML models, through
// @google-cloud/automl, v1 or v1beta1 (which alone exports containers).
const t = require('./common');

const { assert } = t;
const [version] = process.argv.slice(2);
const automl = new (require('@google-cloud/automl')[version].AutoMlClient)(t.restOptions());

const parent = `projects/${t.PROJECT}/locations/${t.LOCATION}`;
const first = async answer => (await answer)[0];
const wait = async answer => {
	const [operation] = await answer;
	const [response, metadata] = await operation.promise();
	return { name: operation.name, response, metadata };
};
const collect = async pages => {
	const all = [];
	for await (const item of pages)
		all.push(item);
	return all;
};
const list = filter => collect(automl.listModelsAsync({ parent, filter, pageSize: 2 }, { autoPaginate: false }));
const create = (displayName, metadata, datasetId = 'flowers') =>
	wait(automl.createModel({ parent, model: { displayName, datasetId, ...metadata } }));
const classifier = { imageClassificationModelMetadata: { modelType: 'mobile-versatile-1' } };
const text = { textClassificationModelMetadata: { classificationType: 'MULTICLASS' } };
const exporting = (name, modelFormat, prefix = 'gs://exports/automl') =>
	automl.exportModel({ name, outputConfig: { modelFormat, gcsDestination: { outputUriPrefix: prefix } } });
const title = `flowers_${version}`;

let flowers;
let reviews;
let exported;

t.run(`automl cloud ${version}`, [
	['create and wait', async () => {
		const { response, metadata } = await create(title, classifier);
		assert.match(response.name, /^projects\/[0-9]+\/locations\/us-central1\/models\/[A-Z0-9]+$/);
		assert.ok(metadata.createModelDetails, 'the arm of the metadata');
		assert.equal(response.displayName, title);
		flowers = response.name;
		reviews = (await create(`reviews_${version}`, text, 'reviews')).response.name;
		for (let i = 0; i < 3; i++)
			await create(`other_${version}_${i}`, text, 'reviews');
	}],
	['get', async () => {
		const m = await first(automl.getModel({ name: flowers }));
		assert.equal(m.displayName, title);
		assert.equal(m.datasetId, 'flowers');
		assert.equal(m.deploymentState, 'UNDEPLOYED');
		assert.equal(m.modelMetadata, 'imageClassificationModelMetadata');
		assert.equal(m.imageClassificationModelMetadata.modelType, 'mobile-versatile-1');
		assert.ok(m.createTime.seconds);
	}],
	['list: every page, nothing twice', async () => {
		const all = (await list()).map(m => m.name);
		assert.ok(all.length >= 5);
		assert.equal(new Set(all).size, all.length);
		assert.ok(all.includes(flowers) && all.includes(reviews));
	}],
	['list: filter', async () => {
		const images = (await list('image_classification_model_metadata:*')).map(m => m.name);
		assert.ok(images.includes(flowers) && !images.includes(reviews));
		const set = (await list('dataset_id=reviews')).map(m => m.name);
		assert.ok(set.includes(reviews) && !set.includes(flowers));
	}],
	['patch with a mask', async () => {
		if (version === 'v1beta1')
			return; // has no such method
		const m = await first(automl.updateModel({
			model: { name: flowers, displayName: 'renamed', labels: { not: 'this' } },
			updateMask: { paths: ['display_name'] },
		}));
		assert.equal(m.displayName, 'renamed');
		assert.deepEqual((await first(automl.getModel({ name: flowers }))).labels, {});
		const { etag } = await first(automl.getModel({ name: flowers }));
		await automl.updateModel({
			model: { name: flowers, displayName: title, etag, labels: { season: 'spring' } },
			updateMask: { paths: ['display_name', 'labels'] },
		});
		assert.deepEqual((await first(automl.getModel({ name: flowers }))).labels, { season: 'spring' });
	}],
	['export and wait', async () => {
		const { name, metadata } = await wait(exporting(flowers, 'tflite'));
		const uri = metadata.exportModelDetails.outputInfo.gcsOutputDirectory;
		assert.match(uri, new RegExp('^gs://exports/automl/model-export-' + title +
			'-\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z/?$'));
		assert.ok(t.files(t.onDisk(uri)).length > 0);
		for (const f of t.files(t.onDisk(uri)))
			assert.ok(t.fs.readFileSync(t.path.join(t.onDisk(uri), f))
				.equals(t.fs.readFileSync(t.path.join(t.onDisk('gs://demo-automl/flowers'), f))), f);
		exported = name;
	}],
	['export a container', async () => {
		const gcr = { outputUri: `gcr.io/demo/${version}:one` };
		const outputConfig = { modelFormat: 'docker', gcrDestination: gcr, params: { gpu_architecture: 'none' } };
		if (version === 'v1') {
			// v1 knows no gcrDestination, and docker goes nowhere else; the library drops the field
			await t.refused('INVALID_ARGUMENT', () => automl.exportModel({ name: flowers, outputConfig }));
			return;
		}
		await wait(automl.exportModel({ name: flowers, outputConfig }));
		assert.ok(t.fs.existsSync(t.path.join(t.data, 'images/gcr.io/demo', version, 'index.json')));
	}],
	['look at an operation again', async () => {
		const o = await first(automl.operationsClient.getOperation({ name: exported }));
		assert.equal(o.done, true);
		assert.equal((await automl.checkExportModelProgress(exported)).done, true);
		const all = (await collect(automl.operationsClient.listOperationsAsync({ name: parent, filter: 'done=true' })))
			.map(l => l.name);
		assert.ok(all.includes(exported));
		assert.equal(new Set(all).size, all.length);
		const some = await collect(automl.operationsClient.listOperationsAsync(
			{ name: parent, filter: `worksOn=${reviews}` }));
		assert.ok(some.length > 0 && !some.map(l => l.name).includes(exported));
	}],
	['cancel an export', async () => {
		const { response } = await create(`big_${version}`, classifier, 'big');
		const [operation] = await exporting(response.name, 'tflite', `gs://exports/big-${version}`);
		await operation.cancel();
		await t.fails(1, () => operation.promise());
		const dir = t.onDisk(`gs://exports/big-${version}`);
		assert.equal(t.fs.existsSync(dir) && t.files(dir).length > 0, false, 'half an export');
	}],
	['deploy and undeploy', async () => {
		await wait(automl.deployModel({ name: reviews }));
		assert.equal((await first(automl.getModel({ name: reviews }))).deploymentState, 'DEPLOYED');
		await wait(automl.deployModel({ name: reviews }));
		await wait(automl.undeployModel({ name: reviews }));
		assert.equal((await first(automl.getModel({ name: reviews }))).deploymentState, 'UNDEPLOYED');
		await wait(automl.undeployModel({ name: reviews }));
	}],
	['evaluations', async () => {
		assert.deepEqual(await first(automl.listModelEvaluations({ parent: flowers })), []);
		await t.refused('NOT_FOUND', () => automl.getModelEvaluation({ name: `${flowers}/modelEvaluations/1` }));
	}],
	['forget an operation', async () => {
		await automl.operationsClient.deleteOperation({ name: exported });
		await t.refused('NOT_FOUND', () => automl.operationsClient.getOperation({ name: exported }));
	}],
	['INVALID_ARGUMENT', async () => {
		const invalid = call => t.refused('INVALID_ARGUMENT', call);
		await invalid(() => create('1-starts-with-a-digit', classifier));
		await invalid(() => create('a'.repeat(33), classifier));
		await invalid(() => create('no_dataset', classifier, ''));
		await invalid(() => exporting(flowers, 'onnx'));
		await invalid(() => exporting(flowers, 'docker'));
		await invalid(() => exporting(flowers, 'tflite', '/tmp/here'));
		await invalid(() => automl.exportModel({ name: flowers, outputConfig: { modelFormat: 'tflite' } }));
		await invalid(() => list('colour=red'));
	}],
	['NOT_FOUND', async () => {
		const name = `${parent}/models/ICN404`;
		await t.refused('NOT_FOUND', () => automl.getModel({ name }));
		await t.refused('NOT_FOUND', () => exporting(name, 'tflite'));
		await t.refused('NOT_FOUND', () => automl.deleteModel({ name }));
		await t.refused('NOT_FOUND', () => automl.deployModel({ name }));
	}],
	['FAILED_PRECONDITION', async () => {
		await t.refused('FAILED_PRECONDITION', () => exporting(reviews, 'tflite'));
		await t.refused('FAILED_PRECONDITION', () => automl.deployModel({ name: flowers }));
	}],
	['ABORTED', async () => {
		if (version === 'v1beta1')
			return; // nothing there takes an etag
		await t.refused('ABORTED', () => automl.updateModel({
			model: { name: flowers, displayName: 'x', etag: 'of-long-ago' }, updateMask: { paths: ['display_name'] },
		}));
	}],
	['delete and wait', async () => {
		const { metadata } = await wait(automl.deleteModel({ name: flowers }));
		assert.ok(metadata.deleteDetails);
		await t.refused('NOT_FOUND', () => automl.getModel({ name: flowers }));
	}],
]);
