// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// server.js STATE PORT: items over HTTP on 127.0.0.1; /plugin evaluates orders.js, which is empty.
'use strict';
const crypto = require('crypto'), fs = require('fs'), http = require('http'), zlib = require('zlib');
const state = process.argv[2], items = [];

function add(request, response) {
	let text = '';
	request.on('data', part => text += part);
	request.on('end', () => {
		items.push(text);
		fs.writeFileSync(state, JSON.stringify(items));
		response.end(String(items.length));
	});
}

const pages = {
	'/items': (request, response) => request.method == 'POST' ? add(request, response) : response.end(JSON.stringify(items)),
	'/big': (request, response) => {
		response.setHeader('Content-Encoding', 'gzip');
		response.end(zlib.gzipSync('0123456789'.repeat(10000)));
	},
	'/digest': (request, response) => response.end(crypto.createHash('sha256').update(String(items.length - 2)).digest('hex')),
	'/plugin': (request, response) => {
		const answer = text => response.end(String(text));
		try {
			eval(fs.readFileSync('orders.js', 'utf8'));
		} catch (error) {
			answer(error);
		}
		setTimeout(() => response.end(), 200);
	},
};

process.on('SIGTERM', () => process.exit(0));
http.createServer((request, response) => {
	const page = pages[request.url];
	if (page)
		return page(request, response);
	response.statusCode = 404;
	response.end();
}).listen(Number(process.argv[3]), '127.0.0.1');
