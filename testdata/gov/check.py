#!/usr/bin/env python3
"""Verifies XML signatures without jpki: canonical XML by libxml2 (xmllint), digests by hashlib, RSA by openssl.

    python3 check.py FILE...    a line each signature: ok or bad, Id, References; the files they name are beside FILE

The exit status is 1 when anything is bad or when there is no signature.
"""
import base64, hashlib, os, subprocess, sys, tempfile
from urllib.parse import unquote
from xml.parsers import expat

DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14NC = C14N + "#WithComments"
ENV = DS + "enveloped-signature"
HASH = {"sha1": (DS + "sha1", DS + "rsa-sha1"),
        "sha256": ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")}
b64 = lambda b: base64.b64encode(b).decode()


# ---- reading: elements with their place in the bytes, so that nothing is written anew ----
class Node:
    def __init__(s, name, attrs, parent, start, scope):
        s.name, s.attrs, s.parent, s.start, s.scope = name, attrs, parent, start, dict(scope)
        s.children, s.text, s.end = [], "", None
        for a, v in attrs.items():
            if a == "xmlns" or a.startswith("xmlns:"):
                s.scope[a[6:]] = v
    local = property(lambda s: s.name.split(":")[-1])
    ns = property(lambda s: s.scope.get(s.name.split(":")[0] if ":" in s.name else "", ""))
    def walk(s):
        yield s
        for c in s.children:
            yield from c.walk()
    def find(s, local):
        return [n for n in s.walk() if n.local == local]
    def child(s, local):
        return next((c for c in s.children if c.local == local), None)


class Doc:
    """A UTF-8 document: root, and data with the byte offsets of every element and comment."""
    def __init__(s, data):
        s.data = data if isinstance(data, bytes) else data.encode()
        s.root, s.comments, stack = None, [], []
        p = expat.ParserCreate()
        p.buffer_text, p.ordered_attributes = True, False
        def start(name, attrs):
            n = Node(name, attrs, stack[-1] if stack else None, p.CurrentByteIndex, stack[-1].scope if stack else {})
            (stack[-1].children.append(n) if stack else setattr(s, "root", n))
            stack.append(n)
        def end(_):
            i = p.CurrentByteIndex
            stack.pop().end = s.data.index(b">", i) + 1 if s.data[i:i + 2] == b"</" else i
        def text(t):
            if stack:
                stack[-1].text += t
        p.StartElementHandler, p.EndElementHandler, p.CharacterDataHandler = start, end, text
        p.CommentHandler = lambda _: s.comments.append((p.CurrentByteIndex, s.data.index(b"-->", p.CurrentByteIndex) + 3))
        p.Parse(s.data, True)
        for n in s.root.walk():  # an empty tag ends where its start tag does
            if n.end is None or n.end <= n.start:
                n.end = s.data.index(b">", n.start) + 1
    def ids(s, value):
        return [n for n in s.root.walk() if value in [n.attrs.get(k) for k in ("ID", "Id", "id")]]


def c14n(doc, node, comments=False, cut=()):
    """Canonical XML 1.0 of a subtree in its namespace context, as libxml2 writes it."""
    gone = sorted([r for r in ([] if comments else doc.comments) + list(cut) if node.start <= r[0] < node.end])
    out, i = b"", node.start
    for a, b in gone:
        out, i = out + doc.data[i:a], b
    out += doc.data[i:node.end]
    own = {a[6:] for a in node.attrs if a == "xmlns" or a.startswith("xmlns:")}
    decl = "".join(' xmlns%s="%s"' % (":" + p if p else "", u) for p, u in node.scope.items() if p not in own and (p or u))
    head = len(node.name.encode()) + 1
    out = b'<?xml version="1.0" encoding="UTF-8"?>' + out[:head] + decl.encode() + out[head:]
    r = subprocess.run(["xmllint", "--c14n", "-"], input=out, capture_output=True)
    if r.returncode:
        raise ValueError(r.stderr.decode()[:200])
    return r.stdout


def check(data, folder="."):
    """Every Signature in data: [{id, uri, transforms, alg, ok, signature, …}], checked without jpki."""
    doc = Doc(data)
    found = []
    for s in [n for n in doc.root.walk() if n.local == "Signature" and n.ns == DS]:
        si, r = s.child("SignedInfo"), {"node": s, "id": s.attrs.get("Id"), "refs": []}
        r["c14n"], r["method"] = (si.child(k).attrs["Algorithm"] for k in ("CanonicalizationMethod", "SignatureMethod"))
        for ref in [c for c in si.children if c.local == "Reference"]:
            t = [x.attrs["Algorithm"] for x in ref.find("Transform")]
            uri, alg = ref.attrs.get("URI"), ref.child("DigestMethod").attrs["Algorithm"]
            h = next((k for k, v in HASH.items() if v[0] == alg), None)
            try:
                if uri == "" or uri.startswith("#"):
                    target = [doc.root] if uri == "" else doc.ids(unquote(uri[1:]))
                    if len(target) != 1:
                        raise ValueError("%d elements have the id" % len(target))
                    body = c14n(doc, target[0], cut=[(s.start, s.end)] if ENV in t else [])
                else:
                    body = open(os.path.join(folder, unquote(uri)), "rb").read()
                ok = b64(hashlib.new(h, body).digest()) == "".join(ref.child("DigestValue").text.split())
            except (OSError, ValueError) as e:
                ok = False
            r["refs"].append({"uri": uri, "transforms": t, "alg": alg, "ok": ok})
        certs = ["".join(c.text.split()) for c in s.find("X509Certificate")]
        r["certs"] = [base64.b64decode(c) for c in certs]
        with tempfile.TemporaryDirectory() as t:
            w = lambda n, b: (open(os.path.join(t, n), "wb").write(b), os.path.join(t, n))[1]
            pub = w("pub", subprocess.run(["openssl", "x509", "-inform", "der", "-in", w("c", r["certs"][0]), "-pubkey", "-noout"], capture_output=True).stdout)
            h = next((k for k, v in HASH.items() if v[1] == r["method"]), "sha512")
            v = subprocess.run(["openssl", "dgst", "-" + h, "-verify", pub, "-signature", w("v", base64.b64decode(s.child("SignatureValue").text)),
                                w("si", c14n(doc, si, comments=r["c14n"] == C14NC))], capture_output=True)
            r["signature"] = v.returncode == 0
        r["ok"] = r["signature"] and bool(r["refs"]) and all(x["ok"] for x in r["refs"])
        found.append(r)
    return doc, found


if __name__ == "__main__":
    bad = False
    for path in sys.argv[1:]:
        doc, found = check(open(path, "rb").read(), os.path.dirname(path) or ".")
        bad = bad or not found
        for r in found:
            bad = bad or not r["ok"]
            refs = " ".join("%s[%s]%s" % (x["uri"], ",".join(x["transforms"]), "" if x["ok"] else "!") for x in r["refs"])
            print("ok" if r["ok"] else "bad", r["id"], r["method"], len(r["certs"]), refs, sep="\t")
    sys.exit(bad)
