// Canon writes the canonical forms that the JDK makes. Each line on standard
// input is: file, method, prefixes separated by spaces, id of an element or
// nothing for the document, separated by tabs. The answer to each is a line
// with the canonical form in base64, or "error" and why.
import com.sun.org.apache.xml.internal.security.Init;
import com.sun.org.apache.xml.internal.security.c14n.Canonicalizer;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.*;

public class Canon {
    public static void main(String[] args) throws Exception {
        Init.init();
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String[] field = line.split("\t", -1);
            try {
                Node node = factory.newDocumentBuilder().parse(new File(field[0]));
                if (!field[3].isEmpty()) {
                    node = byId((Element) node.getFirstChild().getOwnerDocument().getDocumentElement(), field[3]);
                }
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                Canonicalizer c = Canonicalizer.getInstance(field[1]);
                if (field[2].isEmpty()) {
                    c.canonicalizeSubtree(node, out);
                } else {
                    c.canonicalizeSubtree(node, field[2], out);
                }
                System.out.println(Base64.getEncoder().encodeToString(out.toByteArray()));
            } catch (Exception e) {
                System.out.println("error " + e.toString().replace('\n', ' '));
            }
        }
    }

    static Element byId(Element e, String id) {
        if (e.getAttribute("Id").equals(id)) {
            return e;
        }
        for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element) {
                Element found = byId((Element) n, id);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }
}
