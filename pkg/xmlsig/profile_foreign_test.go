//go:build foreign

package xmlsig

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The published schema of e-Tax, as far as signatures go: DATA has an id and
// holds the procedure and what comes with it, then any number of
// dsig:Signature, each with an Id.
const (
	etaxSchema = `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:dsig="` + nsDSig + `" xmlns:t="urn:example:etax" targetNamespace="urn:example:etax" elementFormDefault="qualified">
<xsd:import namespace="` + nsDSig + `" schemaLocation="dsig.xsd"/>
<xsd:element name="DATA"><xsd:complexType><xsd:sequence>
 <xsd:element name="RKO0010" type="t:part"/><xsd:element name="SOFUSHO" type="t:part" minOccurs="0"/>
 <xsd:element ref="dsig:Signature" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence><xsd:attribute name="id" type="xsd:ID" use="required"/></xsd:complexType></xsd:element>
<xsd:complexType name="part" mixed="true"><xsd:sequence><xsd:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence>
 <xsd:attribute name="id" type="xsd:ID" use="required"/><xsd:attribute name="VR"/></xsd:complexType>
</xsd:schema>`
	dsigSchema = `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:s="` + nsDSig + `" targetNamespace="` + nsDSig + `" elementFormDefault="qualified">
<xsd:element name="Signature"><xsd:complexType><xsd:sequence>
 <xsd:element name="SignedInfo"><xsd:complexType><xsd:sequence>
  <xsd:element name="CanonicalizationMethod" type="s:method"/><xsd:element name="SignatureMethod" type="s:method"/>
  <xsd:element name="Reference" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>
   <xsd:element name="Transforms" minOccurs="0"><xsd:complexType><xsd:sequence><xsd:element name="Transform" type="s:method" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType></xsd:element>
   <xsd:element name="DigestMethod" type="s:method"/><xsd:element name="DigestValue" type="xsd:base64Binary"/>
  </xsd:sequence><xsd:attribute name="Id" type="xsd:ID"/><xsd:attribute name="URI" type="xsd:anyURI"/><xsd:attribute name="Type" type="xsd:anyURI"/></xsd:complexType></xsd:element>
 </xsd:sequence></xsd:complexType></xsd:element>
 <xsd:element name="SignatureValue" type="xsd:base64Binary"/>
 <xsd:element name="KeyInfo"><xsd:complexType><xsd:sequence><xsd:element name="X509Data"><xsd:complexType><xsd:sequence>
  <xsd:element name="X509Certificate" type="xsd:base64Binary" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType></xsd:element></xsd:sequence></xsd:complexType></xsd:element>
</xsd:sequence><xsd:attribute name="Id" type="xsd:ID" use="required"/></xsd:complexType></xsd:element>
<xsd:complexType name="method"><xsd:attribute name="Algorithm" type="xsd:anyURI" use="required"/></xsd:complexType>
</xsd:schema>`
)

func TestETaxAgainstSchema(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "dsig.xsd", []byte(dsigSchema))
	schema := write(t, dir, "etax.xsd", []byte(etaxSchema))
	valid := func(src []byte) (string, bool) {
		out, err := exec.Command("xmllint", "--noout", "--nonet", "--schema", schema, write(t, dir, "data.xtx", src)).CombinedOutput()
		return string(out), err == nil
	}
	f := fixture()
	signed := sign(t, []byte(etaxReturn), Options{Profile: ProfileETax}, f.signer.signing())
	first := sign(t, []byte(etaxReturn), Options{Profile: ProfileETax, Cosign: true}, f.signer.signing())
	both := sign(t, first, Options{Profile: ProfileETax, Cosign: true}, f.other.signing())
	for name, src := range map[string][]byte{"unsigned": []byte(etaxReturn), "signed": signed, "cosigned": both} {
		if out, ok := valid(src); !ok {
			t.Errorf("%s: %s", name, out)
		}
	}
	// The schema would see a wrong slot and a missing Id.
	signature := "<dsig:Signature" + between(t, signed, "<dsig:Signature", "</dsig:Signature>") + "</dsig:Signature>"
	moved := strings.Replace(strings.Replace(string(signed), signature, "", 1), "<RKO0010", signature+"<RKO0010", 1)
	for name, src := range map[string]string{"moved": moved, "without Id": strings.Replace(string(signed), ` Id="signature-1"`, "", 1)} {
		if _, ok := valid([]byte(src)); ok {
			t.Errorf("%s: the schema allows it", name)
		}
	}
}

// TestForeignProfiles: the shapes, seen by others.
func TestForeignProfiles(t *testing.T) {
	f := fixture()
	signed := map[string][]byte{
		"e-Tax": sign(t, []byte(etaxReturn), Options{Profile: ProfileETax}, f.signer.signing()),
		"e-Tax, several": sign(t, sign(t, []byte(etaxReturn), Options{Profile: ProfileETax, Cosign: true}, f.signer.signing()),
			Options{Profile: ProfileETax, Cosign: true}, f.other.signing()),
	}
	ca := certificateFile(t, f.ca.cert)
	paths := layOut(t, signed)
	var jobs []string
	for _, name := range sortedKeys(paths) {
		jobs = append(jobs, "verify\t"+paths[name])
		cmd := exec.Command("xmlsec1", "--verify", "--trusted-pem", ca, "--id-attr:id", "urn:example:etax:DATA",
			"--id-attr:id", "urn:example:etax:RKO0010", "--id-attr:id", "urn:example:etax:SOFUSHO", filepath.Base(paths[name]))
		cmd.Dir = filepath.Dir(paths[name])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
	later := f.other.signing()
	later.Time = later.Time.Add(1e9)
	egov := layOut(t, map[string][]byte{"e-Gov": sign(t, sign(t, []byte(egovForm), someFiles.request(Options{Profile: ProfileEGov}), f.signer.signing()),
		someFiles.request(Options{Profile: ProfileEGov}), later)})
	paths["e-Gov"] = egov["e-Gov"] // xmlsec1 does not resolve percent-encoding
	jobs = append([]string{"verify\t" + paths["e-Gov"]}, jobs...)
	for i, answer := range jdk(t, jobs) {
		if answer != "valid 1" && answer != "valid 2" {
			t.Errorf("%s: %s", sortedKeys(paths)[i], answer)
		}
	}
}
