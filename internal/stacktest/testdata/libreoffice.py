#!/usr/bin/python3
"""libreoffice.py OUT.pdf: has a running LibreOffice export a signed PDF."""
import sys
import time

import uno
from com.sun.star.beans import PropertyValue


def values(**named):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in named.items())


local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(300):
    try:
        context = resolver.resolve("uno:pipe,name=jpki;urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.1)
services = context.ServiceManager
crypto = services.createInstanceWithContext("com.sun.star.xml.crypto.SEInitializer", context)
environment = crypto.createSecurityContext("").getSecurityEnvironment()
certificates = [c for c in environment.getPersonalCertificates() if "JPKI" in c.IssuerName]
print(len(certificates), "certificates", [c.SubjectName for c in certificates])
desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
document = desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, values(Hidden=True))
document.Text.String = "a contract"
export = uno.Any("[]com.sun.star.beans.PropertyValue", values(SignPDF=True, SignatureCertificate=certificates[0]))
document.storeToURL("file://" + sys.argv[1], values(FilterName="writer_pdf_Export", FilterData=export))
document.close(True)
