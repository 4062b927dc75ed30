"""Recomputes what archive-time-stamp-v3 attributes are over, by ETSI EN 319 122-1,
5.5.2 and 5.5.3, with the standard library alone.

    python3 archive.py SIGNATURE.p7s [CONTENT]

SIGNATURE is DER with one signer. The imprint and the index of every archive
timestamp have to be what is recomputed, and the newest index has to name all that
is there but its own timestamp. Signatures are for openssl: each token is written
beside, as SIGNATURE.0.token, and what it is over as SIGNATURE.0.covered.
"""
import hashlib
import sys

ARCHIVE = bytes.fromhex("060604008d450204")  # 0.4.0.1733.2.4
INDEX = bytes.fromhex("060704008195320105")  # 0.4.0.19122.1.5
HASHES = {"0609608648016503040201": "sha256", "0609608648016503040202": "sha384", "0609608648016503040203": "sha512"}


def element(data, at):
    """The tag, where the value begins, and where it ends."""
    tag, length, at = data[at], data[at + 1], at + 2
    assert tag & 0x1F != 0x1F and length != 0x80
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[at:at + count], "big"), at + count
    assert at + length <= len(data)
    return tag, at, at + length


def inside(data):
    """The elements in an element, whole."""
    _, at, end = element(data, 0)
    assert end == len(data)
    found = []
    while at < end:
        _, _, after = element(data, at)
        found.append(data[at:after])
        at = after
    return found


def value(data):
    _, at, end = element(data, 0)
    return data[at:end]


def signed_data(content_info):
    _, explicit = inside(content_info)
    return inside(inside(explicit)[0])


def fields(content_info):
    """eContentType, eContent or None, certificates, revocation data, SignerInfo."""
    parts = signed_data(content_info)
    encapsulated = inside(parts[2])
    certificates = [c for p in parts[3:-1] if p[0] == 0xA0 for c in inside(p)]
    revocation = [c for p in parts[3:-1] if p[0] == 0xA1 for c in inside(p)]
    (signer,) = inside(parts[-1])
    content = value(inside(encapsulated[1])[0]) if len(encapsulated) > 1 else None
    return encapsulated[0], content, certificates, revocation, inside(signer)


def unsigned(signer):
    """Pairs of type and value, whole, of the unsigned attributes."""
    pairs = []
    if signer[-1][0] == 0xA1:
        for attribute in inside(signer[-1]):
            kind, values = inside(attribute)
            pairs += [(kind, v) for v in inside(values)]
    return pairs


def main(path, content_path=None):
    content_type, content, certificates, revocation, signer = fields(open(path, "rb").read())
    if content is None:
        content = open(content_path, "rb").read()
    # version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature
    core = signer[:-1] if signer[-1][0] == 0xA1 else signer
    assert len(core) == 6 and core[3][0] == 0xA0
    attributes = unsigned(signer)
    stamps = []
    for kind, token in attributes:
        if kind != ARCHIVE:
            continue
        tst_info = fields(token)[1]
        _, _, imprint, _, when = inside(tst_info)[:5]
        algorithm, digest = inside(imprint)
        stamps.append((value(when), token, HASHES[inside(algorithm)[0].hex()], value(digest)))
    assert stamps, "no archive timestamp"
    stamps.sort()
    for n, (when, token, name, imprint) in enumerate(stamps):
        ((_, index),) = [pair for pair in unsigned(fields(token)[4]) if pair[0] == INDEX]
        algorithm, certs, crls, attrs = inside(index)
        by = HASHES[inside(algorithm)[0].hex()]
        hashed = lambda data: hashlib.new(by, data).digest()
        there = (
            {hashed(c) for c in certificates},
            {hashed(r) for r in revocation},
            {hashed(k + v) for k, v in attributes},
        )
        named = [[value(h) for h in inside(part)] for part in (certs, crls, attrs)]
        for what, have, want in zip(("certificates", "revocation data", "attributes"), there, named):
            assert set(want) <= have and len(set(want)) == len(want), f"{n}: {what} that are not there"
        if n == len(stamps) - 1:
            own = hashed(ARCHIVE + token)
            for what, have, want in zip(("certificates", "revocation data", "attributes"), there, named):
                assert have - set(want) <= {own}, f"{n}: {what} left out"
        covered = content_type + hashlib.new(name, content).digest() + b"".join(core) + index
        assert hashlib.new(name, covered).digest() == imprint, f"{n}: another imprint"
        open(f"{path}.{n}.token", "wb").write(token)
        open(f"{path}.{n}.covered", "wb").write(covered)
        print(f"{n} {name} {when.decode()} {len(named[0])} certificates {len(named[1])} revocation {len(named[2])} attributes")


main(*sys.argv[1:])
