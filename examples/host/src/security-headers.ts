import type { RequestHandler } from 'express';
import helmet from 'helmet';

export interface SecurityHeadersOptions {
  /** Where scripts may connect to, beside the page's own origin. */
  readonly connectSrc?: readonly string[];
}

/** One self-contained policy: nothing from elsewhere, nothing inline. */
export function securityHeaders({ connectSrc = [] }: SecurityHeadersOptions = {}): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", ...connectSrc],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // HSTS is for the proxy that ends TLS: over plain http on this machine it would lock the browser out.
    strictTransportSecurity: false,
  });
}
