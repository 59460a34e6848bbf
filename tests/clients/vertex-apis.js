// SPDX-License-Identifier: MIT
'use strict';
// Vertex AI through googleapis: the verbs of vertex.js in this library's words.
const { google, discoveryOptions, poll } = require('./common');

module.exports = version => {
	const { locations } = google.aiplatform(discoveryOptions(version)).projects;
	const { models } = locations;
	const body = async answer => (await answer).data;
	const operation = name => body(models.operations.get({ name }));
	const wait = async answer => {
		const { name } = await body(answer);
		const { response, metadata } = await poll(() => operation(name));
		return { name, response, metadata };
	};
	// Every page that `get` has, of two items at most.
	const pages = async (get, key, query) => {
		const all = [];
		let pageToken;
		do {
			const answer = await body(get({ pageSize: 2, ...query, pageToken }));
			all.push(...(answer[key] || []));
			pageToken = answer.nextPageToken;
		} while (pageToken);
		return all;
	};

	return {
		upload: ({ parent, ...requestBody }) => wait(models.upload({ parent, requestBody })),
		get: name => body(models.get({ name })),
		list: (parent, query = {}) => pages(q => models.list(q), 'models', { parent, ...query }),
		page: async (parent, pageSize, pageToken) => {
			const { models: items = [], nextPageToken } = await body(models.list({ parent, pageSize, pageToken }));
			return { items, next: nextPageToken };
		},
		versions: name => pages(q => models.listVersions(q), 'models', { name, pageSize: 1 }),
		patch: (model, ...paths) =>
			body(models.patch({ name: model.name, updateMask: paths.join(','), requestBody: model })),
		merge: (name, ...versionAliases) =>
			body(models.mergeVersionAliases({ name, requestBody: { versionAliases } })),
		exportModel: (name, outputConfig) => wait(models.export({ name, requestBody: { outputConfig } })),
		exportCancelled: async (name, outputConfig) => {
			const started = await body(models.export({ name, requestBody: { outputConfig } }));
			await models.operations.cancel({ name: started.name });
			await poll(() => operation(started.name));
		},
		checkExport: async name => (await body(models.operations.wait({ name, timeout: '5s' }))).metadata,
		deleteVersion: name => wait(models.deleteVersion({ name })),
		deleteModel: name => wait(models.delete({ name })),
		operation,
		operations: name => pages(q => locations.operations.list(q), 'operations', { name }),
		importEvaluation: (parent, modelEvaluation) =>
			body(models.evaluations.import({ parent, requestBody: { modelEvaluation } })),
		evaluation: name => body(models.evaluations.get({ name })),
		evaluations: parent => pages(q => models.evaluations.list(q), 'modelEvaluations', { parent }),
		location: name => body(locations.get({ name })),
		locations: name => pages(q => locations.list(q), 'locations', { name }),
	};
};
