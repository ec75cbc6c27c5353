;; Masks what stands at the start of the memory (RFC 6455 §5.3), 64 bytes at a time.
;;
;; `pnpm simd-mask` makes simd-mask-module.ts of it.
(module
  ;; The payload in the first 64 KiB, and room for a block behind it. Then 16 bytes of ones, and zeros: the 16 bytes N
  ;; before the end of the ones are N bytes of ones and zeros behind them.
  (memory (export "memory") 2)
  (data (i32.const 65552) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; @param length in bytes, up to 65,536
  ;; @param key    the masking key; its lowest byte belongs to the first of the payload
  ;; @result 0 where all masked bytes are below 128
  (func (export "mask") (param $length i32) (param $key i32) (result i32)
    (local $keys v128)
    (local $all v128)
    (local $one v128)
    (local $two v128)
    (local $three v128)
    (local $four v128)
    (local $index i32)
    (local $end i32)
    (local.set $keys (i32x4.splat (local.get $key)))

    (local.set $end (i32.and (local.get $length) (i32.const -64)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $index) (local.get $end)))
        (local.set $one (v128.xor (v128.load (local.get $index)) (local.get $keys)))
        (local.set $two (v128.xor (v128.load offset=16 (local.get $index)) (local.get $keys)))
        (local.set $three (v128.xor (v128.load offset=32 (local.get $index)) (local.get $keys)))
        (local.set $four (v128.xor (v128.load offset=48 (local.get $index)) (local.get $keys)))
        (v128.store (local.get $index) (local.get $one))
        (v128.store offset=16 (local.get $index) (local.get $two))
        (v128.store offset=32 (local.get $index) (local.get $three))
        (v128.store offset=48 (local.get $index) (local.get $four))
        (local.set $all
          (v128.or
            (local.get $all)
            (v128.or
              (v128.or (local.get $one) (local.get $two))
              (v128.or (local.get $three) (local.get $four)))))
        (local.set $index (i32.add (local.get $index) (i32.const 64)))
        (br $next)))

    (local.set $end (i32.and (local.get $length) (i32.const -16)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $index) (local.get $end)))
        (local.set $one (v128.xor (v128.load (local.get $index)) (local.get $keys)))
        (v128.store (local.get $index) (local.get $one))
        (local.set $all (v128.or (local.get $all) (local.get $one)))
        (local.set $index (i32.add (local.get $index) (i32.const 16)))
        (br $next)))

    ;; The last block may be longer than the payload: what stands behind that says nothing about it.
    (local.set $one (v128.xor (v128.load (local.get $index)) (local.get $keys)))
    (v128.store (local.get $index) (local.get $one))
    (local.set $all
      (v128.or
        (local.get $all)
        (v128.and
          (local.get $one)
          (v128.load (i32.sub (i32.const 65568) (i32.and (local.get $length) (i32.const 15)))))))
    (i8x16.bitmask (local.get $all))))
