// Sig verifies and makes signatures with the JDK. Each line on standard input
// is a job, its fields separated by tabs:
//   verify FILE         the first Signature in the file -> valid, or why not
//   sign FILE FORM C14N SIGNATURE DIGEST KEY CERTIFICATE OUT -> done
// FORM is enveloped, detached (the elements k1 and k2), enveloping or file:NAME.
// The answer to each is one line.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.xml.crypto.*;
import javax.xml.crypto.dom.*;
import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.*;
import javax.xml.crypto.dsig.keyinfo.*;
import javax.xml.crypto.dsig.spec.*;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.*;

public class Sig {
    static final DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    static final XMLSignatureFactory signatures = XMLSignatureFactory.getInstance("DOM");

    public static void main(String[] args) throws Exception {
        factory.setNamespaceAware(true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line; (line = in.readLine()) != null;) {
            String[] f = line.split("\t", -1);
            try {
                out.println(f[0].equals("verify") ? verify(f[1]) : sign(f));
            } catch (Exception e) {
                out.println("error " + e.toString().replace('\n', ' ') + (e.getCause() == null ? "" : " " + e.getCause()));
            }
        }
    }

    static void markIds(Element e) {
        for (String name : new String[] {"Id", "ID", "id"}) {
            if (e.hasAttribute(name)) {
                e.setIdAttribute(name, true);
            }
        }
        for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element) {
                markIds((Element) n);
            }
        }
    }

    static String verify(String file) throws Exception {
        Document doc = factory.newDocumentBuilder().parse(new File(file));
        markIds(doc.getDocumentElement());
        NodeList list = doc.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
        for (int i = 0; i < list.getLength(); i++) {
            Element e = (Element) list.item(i);
            String der = e.getElementsByTagNameNS(XMLSignature.XMLNS, "X509Certificate").item(0).getTextContent();
            java.security.cert.Certificate cert = CertificateFactory.getInstance("X.509").generateCertificate(
                new ByteArrayInputStream(Base64.getMimeDecoder().decode(der)));
            DOMValidateContext context = new DOMValidateContext(cert.getPublicKey(), e);
            context.setProperty("org.jcp.xml.dsig.secureValidation", false);
            context.setBaseURI(new File(file).getParentFile().toURI().toString());
            context.setURIDereferencer((reference, c) -> signatures.getURIDereferencer().dereference(decoded((DOMURIReference) reference), c));
            XMLSignature s = signatures.unmarshalXMLSignature(context);
            if (!s.validate(context)) {
                StringBuilder why = new StringBuilder("invalid " + i + ": value " + s.getSignatureValue().validate(context));
                for (Object r : s.getSignedInfo().getReferences()) {
                    why.append(" ").append(((Reference) r).getURI()).append(" ").append(((Reference) r).validate(context));
                }
                return why.toString();
            }
        }
        return "valid " + list.getLength();
    }

    // decoded resolves the percent-encoding of a fragment, as e-Gov wants it and
    // the JDK alone does not.
    static URIReference decoded(DOMURIReference r) {
        if (r.getURI() == null || !r.getURI().startsWith("#%")) {
            return r;
        }
        return new DOMURIReference() {
            public String getURI() { return java.net.URLDecoder.decode(r.getURI(), StandardCharsets.UTF_8); }
            public String getType() { return r.getType(); }
            public Node getHere() { return r.getHere(); }
        };
    }

    static Transform transform(String algorithm) throws Exception {
        return signatures.newTransform(algorithm, (TransformParameterSpec) null);
    }

    static String sign(String[] f) throws Exception {
        Document doc = factory.newDocumentBuilder().parse(new File(f[1]));
        markIds(doc.getDocumentElement());
        String form = f[2], c14n = f[3];
        DigestMethod digest = signatures.newDigestMethod(f[5], null);
        List<Reference> references = new ArrayList<>();
        List<XMLObject> objects = null;
        Node parent = doc.getDocumentElement();
        if (form.equals("enveloped")) {
            references.add(signatures.newReference(c14n.endsWith("WithComments") ? "#xpointer(/)" : "", digest,
                List.of(transform(Transform.ENVELOPED), transform(c14n)), null, null));
        } else if (form.equals("detached")) {
            references.add(signatures.newReference("#k1", digest, List.of(transform(c14n)), null, null));
            references.add(signatures.newReference("#xpointer(id('k2'))", digest, List.of(transform(c14n)), null, null));
        } else if (form.equals("enveloping")) {
            objects = List.of(
                signatures.newXMLObject(List.of(new DOMStructure(doc.getDocumentElement())), "object", null, null),
                signatures.newXMLObject(List.of(new DOMStructure(doc.createTextNode("44GC\n44GE"))), "text", "text/plain", Transform.BASE64));
            references.add(signatures.newReference("#object", digest, List.of(transform(c14n)), null, null));
            references.add(signatures.newReference("#text", digest, List.of(transform(Transform.BASE64)), null, null));
            doc = factory.newDocumentBuilder().newDocument();
            parent = doc;
        } else {
            references.add(signatures.newReference(form.substring("file:".length()), digest));
            doc = factory.newDocumentBuilder().newDocument();
            parent = doc;
        }
        SignedInfo info = signatures.newSignedInfo(signatures.newCanonicalizationMethod(c14n, (C14NMethodParameterSpec) null),
            signatures.newSignatureMethod(f[4], null), references);
        byte[] key = Base64.getMimeDecoder().decode(new String(Files.readAllBytes(Paths.get(f[6]))).replaceAll("(?s)^.*?KEY-----|-----END.*", ""));
        PrivateKey privateKey = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key));
        java.security.cert.Certificate cert = CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(f[7]));
        KeyInfoFactory infos = signatures.getKeyInfoFactory();
        KeyInfo keyInfo = infos.newKeyInfo(List.of(infos.newKeyValue(cert.getPublicKey()), infos.newX509Data(List.of(((X509Certificate) cert).getSubjectX500Principal().getName(), cert))));
        DOMSignContext context = new DOMSignContext(privateKey, parent);
        context.setProperty("org.jcp.xml.dsig.secureValidation", false);
        context.setBaseURI(new File(f[1]).getParentFile().toURI().toString());
        signatures.newXMLSignature(info, keyInfo, objects, "jdk", null).sign(context);
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(doc), new StreamResult(new File(f[8])));
        return "done";
    }
}
