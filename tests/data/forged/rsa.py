"""RSA keys that are wrong in one way each, as PKCS#1 in DER. Prints a line for each: name, a blank, base64.

The numbers come from a fixed seed: these keys protect nothing.
"""

import base64
import math
import random

numbers = random.Random(20)


def is_prime(n, rounds=24):
    if any(n % small == 0 for small in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        x = pow(numbers.randrange(2, n - 1), odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits, e=65537):
    """With its two highest bits set, and e invertible."""
    while True:
        n = numbers.getrandbits(bits) | 3 << bits - 2 | 1
        if math.gcd(e, n - 1) == 1 and is_prime(n):
            return n


def tlv(tag, value):
    size = len(value)
    if size < 128:
        return bytes([tag, size]) + value
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + value


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def private(p, q, /, e=65537, version=0, **changes):
    """RSAPrivateKey, RFC 8017 appendix A.1.2, with some of its numbers changed."""
    d = pow(e, -1, math.lcm(p - 1, q - 1)) if math.gcd(e, math.lcm(p - 1, q - 1)) == 1 else 1
    fields = dict(n=p * q, e=e, d=d, p=p, q=q, dp=d % (p - 1), dq=d % (q - 1), qinv=pow(q, -1, p) if p != q else 1)
    for name, change in changes.items():
        fields[name] = change(fields[name])
    return sequence(integer(version), *map(integer, fields.values()))


def public(n, e=65537):
    return sequence(integer(n), integer(e))


def show(name, der):
    print(name, base64.b64encode(der).decode())


p, q = prime(1024), prime(1024)
n, phi, lam = p * q, (p - 1) * (q - 1), math.lcm(p - 1, q - 1)
good = private(p, q)

# Good ones, to know that the bad ones are bad in one way only.
show("good", good)
show("good/primes-swapped-with-all-that-follows", private(q, p))
show("good/d-modulo-phi", private(p, q, d=lambda d: pow(65537, -1, phi)))
show("good/large-exponent", private(p, q, e=(1 << 32) + 15))
show("good/public-of-1024-bits", public(prime(512) * prime(512)))
show("good/public-exponent-3", public(n, 3))
show("good/public-of-4096-bits", public(numbers.getrandbits(4096) | 1 << 4095 | 1))

show("private-of-1024-bits", private(prime(512), prime(512)))
show("private-of-2047-bits", private(prime(1024), prime(1023)))
small = prime(1024, 3), prime(1024, 3)
show("private-exponent-3", private(*small, e=3))
small = prime(1024, 65535), prime(1024, 65535)
show("private-exponent-65535", private(*small, e=65535))
show("private-exponent-1", private(p, q, e=1))
show("private-exponent-even", good.replace(integer(65537), integer(65536)))
show("private-exponent-beyond-33-bits", private(p, q, e=(1 << 33) + 17))

# p is a product of two primes, and all equations hold as if it were prime.
while True:
    composite = prime(512) * prime(512)
    if composite.bit_length() == 1024 and math.gcd(65537, composite - 1) == 1:
        break
show("p-composite", private(composite, q))
show("q-composite", private(q, composite))
# p is a square.
square = prime(512) ** 2
show("p-square", private(square, q))
# A strong pseudoprime to many small bases: the product of r and 2r - 1 (Arnault's kind).
while True:
    r = prime(512)
    other = 2 * r - 1
    if is_prime(other, 2) and math.gcd(65537, r * other - 1) == 1:
        break
show("p-of-r-and-2r-1", private(r * other, q))
show("p-equals-q", private(p, p))
show("n-is-not-p-q", private(p, q, n=lambda n: n + 2))
show("n-of-other-primes", private(p, q, n=lambda n: prime(1024) * prime(1024)))
show("p-and-q-swapped", private(p, q, p=lambda _: q, q=lambda _: p))
show("crt-swapped", private(p, q, dp=lambda _: pow(65537, -1, q - 1), dq=lambda _: pow(65537, -1, p - 1)))
show("p-is-1", private(p, q, p=lambda _: 1, q=lambda _: n))
show("p-is-n", private(p, q, p=lambda _: n, q=lambda _: 1))
show("d-off-by-two", private(p, q, d=lambda d: d + 2))
show("d-is-1", private(p, q, d=lambda _: 1))
show("d-is-0", private(p, q, d=lambda _: 0))
show("dp-off-by-one", private(p, q, dp=lambda d: d + 1))
show("dq-off-by-one", private(p, q, dq=lambda d: d + 1))
show("dp-not-reduced", private(p, q, dp=lambda d: d + p - 1))
show("qinv-off-by-one", private(p, q, qinv=lambda i: i + 1))
show("qinv-not-reduced", private(p, q, qinv=lambda i: i + p))
show("qinv-0", private(p, q, qinv=lambda _: 0))
for name in ("n", "d", "p", "q", "dp", "dq", "qinv"):
    show(f"{name}-negative", private(p, q, **{name: lambda i: -i}))
show("e-negative", sequence(good[4:].replace(integer(65537), integer(-65537))))
show("version-1", private(p, q, version=1))
show("version-2", private(p, q, version=2))
body = good[4:]
show("trailing-byte", good + b"\0")
show("trailing-number", tlv(0x30, body + integer(1)))
show("a-number-missing", tlv(0x30, body[: -len(integer(pow(q, -1, p)))]))
show("indefinite-length", b"\x30\x80" + body + b"\0\0")
show("long-form-of-length", b"\x30\x83\0" + good[2:4] + body)
show("zero-before-a-number", tlv(0x30, b"\2\2\0\0" + body[3:]))

show("public-of-1023-bits", public(n >> 1025 | 1))
show("public-of-4097-bits", public(numbers.getrandbits(4097) | 1 << 4096 | 1))
show("public-of-8192-bits", public(numbers.getrandbits(8192) | 1 << 8191 | 1))
show("public-modulus-even", public(n + 1))
show("public-modulus-negative", public(-n))
show("public-modulus-0", public(0))
show("public-exponent-0", public(n, 0))
show("public-exponent-1", public(n, 1))
show("public-exponent-even", public(n, 65536))
show("public-exponent-negative", public(n, -65537))
show("public-exponent-beyond-33-bits", public(n, (1 << 33) + 17))
show("public-exponent-as-long-as-n", public(n, n - 2))
show("public-trailing-number", sequence(integer(n), integer(65537), integer(1)))
