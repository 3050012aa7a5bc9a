// Asks a service how it is, as a client does: by its name, over TLS, with the
// certificate checked. HOST and PATH are filled in at synthesis.
const synthetics = require('@aws/synthetics-puppeteer');

const request = {
  protocol: 'https:', hostname: HOST, port: 443, path: PATH, method: 'GET',
  minVersion: 'TLSv1.2', rejectUnauthorized: true,
};

function healthy(response) {
  return new Promise((resolve, reject) => {
    response.on('error', reject);
    response.on('end', () => {
      if (response.statusCode === 200) {
        resolve();
      } else {
        reject(new Error(`answered ${response.statusCode}`));
      }
    });
    response.resume();
  });
}

exports.handler = async () => {
  await synthetics.executeHttpStep('health', request, healthy);
};
