package cli

// formatsTopic gives the use of each kind of signature. The tests run its
// commands.
var formatsTopic = text{
	JA: `署名の形式は、ファイルの中身で決まります。--format と --profile で変えられます。

PDF: X.pdf から X-signed.pdf(PDFに埋め込んだ署名)
  --profile touki  (省略時)登記・供託オンライン申請などが求める形。署名日時あり、タイムスタンプなし
  --profile koshonin  電子公証(電子定款など)。署名は touki と同じで、大きさと名前の条件を確かめる
  --profile pades  PAdES-B-B(ETSI EN 319 142)。--tsa を付けるとB-T
  --visible        氏名、日時、理由のスタンプをページに表示する
  暗号化されたPDFは、パスワードなしで開き、作成者が許していれば、--profile pades で署名できます。
  プログラムによって別の内容に読めるPDFには署名しません。直し方はその場で示します。

XML: X.xml から X-signed.xml(XML署名、--format xmldsig)。e-Taxとe-Govの様式(下)は中身で見分ける
  --profile etax, egov  その様式でなければ署名しない
  --format xades   XAdES-B-B(ETSI EN 319 132)。--tsa を付けるとB-T
  --form           署名の置き場所: enveloped(文書の中)、enveloping(署名の中に文書)、detached(文書の中の要素を --id で指定。--id がなければ、どんなファイルでも隣に X.sig.xml)
  --with           同じフォルダーかその下にあるファイルにも署名する

そのほか: X から X.p7s(CAdES-B-B、ETSI EN 319 122の分離署名、--format cms)。--tsa を付けるとB-T
  元のファイルと .p7s の両方を渡してください。--pem を付けるとPEMになります。
  --attached       元のファイルを中に入れた X.p7m。jpki verify --extract で取り出せる

e-Govの申請: フォルダーかZIPを指定すると X-signed(ZIPなら X-signed.zip)
  様式が求める署名をすべて入れた写しができます(下)。

何でも: X から X.sig(--format raw)。証明書も日時も入らないRSA署名だけの、プログラムのための形式

共通:
  ハッシュは --digest で選びます: sha256(省略時)、sha384、sha512。鍵はカードの中のRSA 2048ビットです。
  署名には、署名用電子証明書とその認証局の証明書が入ります(--no-ca を付けると認証局の証明書を除きます)。e-Govとe-Taxの様式では、SHA-256と署名用電子証明書だけです。
  署名用電子証明書には氏名、住所、生年月日、性別が含まれ、受け取る人が読めます。raw には入りません。

国の様式(2026年11月に調べたもの):
  様式はルートの名前と構造で見分けます。ファイル名では決めません。
- e-Gov 構成管理情報(kousei.xml): 構成情報と、その中に名前のある申請書に署名し、署名情報に入れます。連署では、署名済みのものにもう一度署名します。個別署名形式では、kousei.xml ではなく kousei(17桁).xml に署名します。標準形式の添付書類は名前だけが署名されます。検証環境が受け付けた申請データの形に合わせていますが、名前空間の接頭辞や日本語のファイル名の扱いは公表されていません。
- e-Tax(.xtx): DATAの中の手続の要素に署名し、DATAの最後に追加します。何人でも、どの順でも署名できます。知られている例は2020年ごろの1件(SHA-1)だけで、今のハッシュ(SHA-256で署名します)が正しいか、受け付けられるかは確かめていません。
- 申告に添える証明書(TEG…): 発行した側が署名したものです。署名するところはなく、verify で確かめます。
- e-Govの公文書: 行政機関が署名したものです。受け取ったZIPかフォルダーのまま verify に渡せます。添付のファイルは、署名の対象なら調べ、対象でなければそう示します。
- 登記の図面など: 図面の隣に X.sig.xml を作ります(--form detached)。署名ファイルの項目の一覧は確認できていません。
- e-Taxの受信通知、電子納税証明書(XML)、登記完了証、一体署名、eLTAXの形は分かっていません。署名があれば、一般のXML署名として調べます。

迷ったら:
  提出先が形式を決めているときは、それに従ってください。決まっていなければ、PDFは --profile pades、そのほかは --format cms が広く使われている規格です。
  提出先が受け付けるかどうかは、実際のサービスでは確かめていません。

確かめるとき:
  jpki verify は、CMS/CAdES、PDF、XML、署名メール(.eml)、タイムスタンプ(.tsr)を中身で見分けます。分離署名は、署名のファイルからも元のファイルからも調べられます。名前や場所が違うときは --content で指定します。
  署名が有効でも、だれの署名かは別の問題です。スクリプトでは --signer で署名者を指定してください。
  XMLの署名が指すファイルは、XMLと同じフォルダーとその下で探します(上のフォルダーは開きません)。国の様式では、署名されているものと、様式によって署名の外にあるもの(スタイルシートなど)を名前で示します。様式にないものが署名の外にあれば、終了ステータスは9です。
  PDFには、署名のあとから書き足せます。何が追加されたかは「署名のあと」に出ます。記入や注釈のように紙面に表示されるものがあれば終了ステータスは7、内容が変えられていれば8、書き足された部分の構造が正確でなく、プログラムによって違うものが表示されるおそれがあれば9です。--unchanged を付けると、タイムスタンプと検証用の情報のほかは認めません。

長く保存するとき:
  jpki timestamp --extend は、PDF、.p7s、.p7m の署名に、タイムスタンプと失効情報を追加します(B-T、B-LT、B-LTA)。XMLの署名でできるのは、署名するときの --tsa によるB-Tまでです。公的個人認証サービスの証明書の失効情報は一般の人が手に入れられないため、その分は入りません。
  verify は、署名と一緒に入っている失効情報(PDFのDSS、CMSの中、Acrobatなどが署名に含めたもの)も使います。

ほかのプログラムで確かめるとき:
  CA.pem は次のコマンドで作ります。
		jpki cert export sign-ca -o CA.pem
  X.p7s(-binary がないと、opensslは改行を書き換えてから調べるので、正しい署名でも失敗します):
		openssl cms -verify -binary -inform DER -in X.p7s -content X -CAfile CA.pem -purpose any -out /dev/null
		certtool --p7-verify --inder --infile X.p7s --load-data X --load-ca-certificate CA.pem
  X.p7m:
		openssl cms -verify -binary -inform DER -in X.p7m -CAfile CA.pem -purpose any -out X.copy
  PDFとXML:
		pdfsig X-signed.pdf
		xmlsec1 --verify --trusted-pem CA.pem X-signed.xml
		xmlsec1 --verify --trusted-pem CA.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties X-xades.xml
  X.sig(key.pem は openssl x509 -in 証明書.pem -pubkey -noout の出力):
		openssl dgst -sha256 -verify key.pem -signature X.sig X
  タイムスタンプ:
		openssl ts -verify -in X.tsr -data X -CAfile TSA-CA.pem`,
	EN: `The content of a file decides the kind of signature. --format and --profile change it.

PDF: X.pdf becomes X-signed.pdf (a signature inside the PDF)
  --profile touki  (default) what the online filings for registry and deposit ask for: with the time, without a timestamp
  --profile koshonin  for the electronic notary: signed like touki, and size and name are checked against its rules
  --profile pades  PAdES-B-B (ETSI EN 319 142); B-T with --tsa
  --visible        put a stamp with name, time and reason on a page
  An encrypted PDF that opens without a password is signed with --profile pades, if its author allows that.
  A PDF in which programs find different things is not signed; the message says what helps.

XML: X.xml becomes X-signed.xml (an XML signature, --format xmldsig). Forms of e-Tax and e-Gov (below) are recognised by their content
  --profile etax, egov  sign only if the file has that form
  --format xades   XAdES-B-B (ETSI EN 319 132); B-T with --tsa
  --form           where the signature goes: enveloped (in the document), enveloping (around it) or detached (over elements of the document named with --id; without --id over any file, beside it as X.sig.xml)
  --with           sign more files of the same folder, or below it

Anything else: X gets X.p7s (CAdES-B-B, ETSI EN 319 122, detached, --format cms); B-T with --tsa
  Hand on both the file and the .p7s. --pem makes it PEM.
  --attached       X.p7m with the file inside; jpki verify --extract takes it out

e-Gov application: a folder or ZIP gives X-signed or X-signed.zip
  That is a copy with every signature that its form wants (below).

Any file: X.sig (--format raw), a bare RSA signature for programs, without certificate and time

For all of them:
  Choose the digest with --digest: sha256 (the default), sha384 or sha512. The key is RSA, 2048 bits, inside the card.
  A signature contains the digital-signature certificate and the certificate of its CA (not with --no-ca). The forms of e-Gov and e-Tax use SHA-256 and contain the signing certificate only.
  The signing certificate holds your name, address, date of birth and sex. Whoever gets the signature can read them. A raw signature does not contain it.

Government forms (as of November 2026):
  A form is recognised by the name and structure of its root element, never by the name of the file.
- e-Gov application (kousei.xml): the data of the application and the forms that it names are signed. Further signers sign the signed file again. Where each form is signed separately, sign the kousei(17 digits).xml files, not kousei.xml; otherwise only the names of attachments are signed. The result has the shape of applications that e-Gov's verification environment accepted. How e-Gov treats namespace prefixes and Japanese file names is not published.
- e-Tax (.xtx): the procedure element in DATA is signed, and the signature becomes the last child of DATA. Any number of people can sign, in any order. The only known example is of about 2020 and uses SHA-1. Whether SHA-256, which jpki uses, is right today and whether e-Tax accepts the result was not verified.
- Certificates for tax returns (TEG...): their issuers have signed them. There is nothing to sign; verify checks them.
- Official documents of e-Gov: an authority has signed them. Give verify the ZIP or folder as it came. It checks attachments that the signature covers, and names those that it does not.
- Drawings for the registry: X.sig.xml beside the drawing (--form detached). We have not seen the list of elements that the Ministry uses.
- Not known: receipts of e-Tax, tax payment certificates in XML, completion certificates and combined signatures of the registry, eLTAX. If they are signed, they are checked like any XML.

If in doubt:
  If the recipient asks for a format, use that. If not, --profile pades for PDF and --format cms for everything else are widely used standards.
  Whether a service accepts a signature was not verified with the real services.

Verifying:
  jpki verify recognises CMS/CAdES, PDF, XML, signed mail (.eml) and timestamps (.tsr) by their content. Name either the detached signature or the signed file; --content names the signed file if it has another name or place.
  A valid signature can be anybody's. In a script, name the signer with --signer.
  Files that an XML signature refers to are looked for in the folder of the XML and below, never above. For a government form, verify names what is signed and what the form leaves unsigned, such as its style sheet. Anything else outside the signature gives exit status 9.
  A PDF can be added to after it was signed. "Since then" shows what was added. Exit status 7 means that it shows on the page (filled-in fields, notes), 8 that content was changed, 9 that the added part is malformed, so that programs may show different things. --unchanged accepts nothing but timestamps and validation data.

For long-term storage:
  jpki timestamp --extend adds timestamps and revocation data to signatures in PDF, .p7s and .p7m (B-T, B-LT, B-LTA). XML signatures reach B-T only, with --tsa when they are made. Residents cannot get revocation data for JPKI's certificates, so it is not included.
  verify also uses the revocation data that a signature brings along: in the DSS of a PDF, in the CMS, or signed with it by Acrobat and others.

Verifying with other programs:
  This makes CA.pem:
		jpki cert export sign-ca -o CA.pem
  X.p7s (without -binary, openssl rewrites line endings first and rejects a good signature):
		openssl cms -verify -binary -inform DER -in X.p7s -content X -CAfile CA.pem -purpose any -out /dev/null
		certtool --p7-verify --inder --infile X.p7s --load-data X --load-ca-certificate CA.pem
  X.p7m:
		openssl cms -verify -binary -inform DER -in X.p7m -CAfile CA.pem -purpose any -out X.copy
  PDF and XML:
		pdfsig X-signed.pdf
		xmlsec1 --verify --trusted-pem CA.pem X-signed.xml
		xmlsec1 --verify --trusted-pem CA.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties X-xades.xml
  X.sig (key.pem is the output of openssl x509 -in CERTIFICATE.pem -pubkey -noout):
		openssl dgst -sha256 -verify key.pem -signature X.sig X
  Timestamps:
		openssl ts -verify -in X.tsr -data X -CAfile TSA-CA.pem`,
}
