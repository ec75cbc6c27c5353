/**
 * The configuration of nginx as a reverse proxy before WebSocket servers on this machine, in a usual form.
 *
 * @param {{ folder: string, port: number, upstreamPorts: readonly number[], readTimeout?: number }} options
 *   `folder` is for its own files; `readTimeout`, in seconds, is how long a connection may be silent, nginx's 60 by
 *   default
 */
export function nginxConfig({ folder, port, upstreamPorts, readTimeout = 60 }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
worker_shutdown_timeout 1s;
events {}
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  upstream app {
${upstreamPorts.map((upstream) => `    server 127.0.0.1:${upstream} max_fails=0;`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout ${readTimeout}s;
    }
  }
}
`;
}
