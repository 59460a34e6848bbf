// SPDX-License-Identifier: MIT
'use strict';
// Vertex AI through @google-cloud/aiplatform in REST mode: the verbs of
// vertex.js in this library's words.
const { assert, restOptions } = require('./common');

module.exports = version => {
	const library = require('@google-cloud/aiplatform')[version];
	const models = new library.ModelServiceClient(restOptions());
	const wait = async ([operation]) => {
		const [response, metadata] = await operation.promise();
		return { name: operation.name, response, metadata };
	};
	const mask = paths => ({ paths });
	const first = async answer => (await answer)[0];

	return {
		upload: async request => wait(await models.uploadModel(request)),
		get: name => first(models.getModel({ name })),
		// The library's own paging, a page of two at a time.
		list: async (parent, query = {}) => {
			const all = [];
			for await (const m of models.listModelsAsync({ parent, pageSize: 2, ...query }, { autoPaginate: false }))
				all.push(m);
			return all;
		},
		page: async (parent, pageSize, pageToken) => {
			const [items, , answer] = await models.listModels({ parent, pageSize, pageToken },
				{ autoPaginate: false });
			return { items, next: answer.nextPageToken };
		},
		versions: async name => {
			const all = [];
			for await (const m of models.listModelVersionsAsync({ name, pageSize: 1 }, { autoPaginate: false }))
				all.push(m);
			return all;
		},
		patch: (model, ...paths) => first(models.updateModel({ model, updateMask: mask(paths) })),
		merge: (name, ...versionAliases) => first(models.mergeVersionAliases({ name, versionAliases })),
		exportModel: async (name, outputConfig) => wait(await models.exportModel({ name, outputConfig })),
		// Starts, cancels, and waits for the end with the same poller.
		exportCancelled: async (name, outputConfig) => {
			const [operation] = await models.exportModel({ name, outputConfig });
			await operation.cancel();
			await operation.promise();
		},
		checkExport: async name => {
			const operation = await models.checkExportModelProgress(name);
			assert.equal(operation.done, true);
			return operation.metadata;
		},
		deleteVersion: async name => wait(await models.deleteModelVersion({ name })),
		deleteModel: async name => wait(await models.deleteModel({ name })),
		operation: name => first(models.operationsClient.getOperation({ name })),
		operations: async name => {
			const all = [];
			for await (const o of models.operationsClient.listOperationsAsync({ name, pageSize: 2 }))
				all.push(o);
			return all;
		},
		importEvaluation: (parent, modelEvaluation) =>
			first(models.importModelEvaluation({ parent, modelEvaluation })),
		evaluation: name => first(models.getModelEvaluation({ name })),
		evaluations: parent => first(models.listModelEvaluations({ parent })),
		location: name => first(models.getLocation({ name })),
		locations: async name => {
			const all = [];
			for await (const l of models.listLocationsAsync({ name }))
				all.push(l);
			return all;
		},
	};
};
