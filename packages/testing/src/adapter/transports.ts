/** What carries the requests. */
export interface Transport {
  readonly version: 1 | 2;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** A self-signed certificate for 127.0.0.1 and localhost. It is public, and protects nothing. */
const tls = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCBMpDsgTGvGMg/Wi
TwiJdVVJ1mVKCLZUEWZcqKGVD1KhRANCAATY+4UXsGjlW49Sx/lFAud0hK033BG/
mVRqtpaoI5QFP4KNcjUJSAJP3MZ2nJq76WY5xa4LVQTOVIEMVwiJrn8M
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUBQqXBNKHBh9AFA0biVBV3ZdHArYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTAwNTkwMVoYDzIxMjYxMDI4
MDA1OTAxWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATY+4UXsGjlW49Sx/lFAud0hK033BG/mVRqtpaoI5QFP4KNcjUJSAJP
3MZ2nJq76WY5xa4LVQTOVIEMVwiJrn8Mo28wbTAdBgNVHQ4EFgQUvjGFj6I5lp1b
bXAvDnyCtmqzvgUwHwYDVR0jBBgwFoAUvjGFj6I5lp1bbXAvDnyCtmqzvgUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIgbPvXtmtkNwp2AZwfE06Wrs1lRHgsH155efkP+XLkL2wCIQDv
ivWHlhiY9G557cZg9ebwa73btxh+Hkex49Kfo/Mr0A==
-----END CERTIFICATE-----
`,
};

/** All transports over which the suite tests an adapter. */
export const transports = {
  http: { version: 1 },
  https: { version: 1, tls },
  'HTTP/2': { version: 2 },
  'HTTP/2 with TLS': { version: 2, tls },
} satisfies Record<string, Transport>;
