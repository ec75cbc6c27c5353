import type { RequestHandler } from 'express';
import helmet from 'helmet';

export interface SecurityHeadersOptions {
  /** Origins that scripts may connect to, in addition to the page's own. */
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
    // The proxy that terminates TLS must set HSTS: over plain http on this machine it would lock the browser out.
    strictTransportSecurity: false,
  });
}
