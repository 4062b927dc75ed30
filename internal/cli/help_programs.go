package cli

// programsTopic has a recipe for each program that uses the card's key through
// p11-kit. The tests of internal/stacktest run them.
var programsTopic = text{
	JA: `ブラウザーやコマンドは、p11-kitを通してカードの鍵を使えます。p11-kitは jpki pkcs11 を動かし、暗証番号は jpki がpinentryのウィンドウか端末で尋ねます。どのプログラムが署名を求めたかは、そこに表示されます。

用意する (Linux)
		sudo apt install p11-kit p11-kit-modules libnss3-tools pinentry-gnome3
		jpki pkcs11 setup
  元に戻すには jpki pkcs11 setup --remove
  見えているかは、次のコマンドで確かめられます(パッケージ gnutls-bin)。
		p11tool --list-all 'pkcs11:token=JPKI%20authentication'
  鍵の名前は次のとおりです。下の P は /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so です。
  利用者証明用:
			pkcs11:token=JPKI%20authentication;object=auth
  署名用(setup --key sign のあと):
			pkcs11:token=JPKI%20digital%20signature;object=sign

プログラムごとに
  Firefox、Chromium: setup のあと起動し直すと、証明書を選ぶ画面に JPKI authentication が出ます。
  curl:
			curl --engine pkcs11 --cert-type ENG --cert 'pkcs11:token=JPKI%20authentication;object=auth' --key-type ENG --key 'pkcs11:token=JPKI%20authentication;object=auth;type=private' URL
  OpenSSL(エンジンは libengine-pkcs11-openssl):
			openssl dgst -engine pkcs11 -keyform engine -sha256 -sign 'pkcs11:token=JPKI%20authentication;object=auth;type=private' -out F.sig F
    OpenSSL 3.2以降では pkcs11-provider を使います。pkcs11-module-path に P を書き、-key に同じ名前を指定します。
  GnuTLS:
			gnutls-cli --x509certfile 'pkcs11:token=JPKI%20authentication;object=auth;type=cert' --x509keyfile 'pkcs11:token=JPKI%20authentication;object=auth;type=private' HOST
  OpenSSH(jpki ssh agent なら接続先も表示されます: jpki help login):
			ssh-keygen -D P
    出てきた公開鍵を登録したら、次のように接続します。
			ssh -o PKCS11Provider=P HOST
  Java(F に name = jpki と library = P の2行を書く。x はカードに送られない):
			keytool -list -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 -providerArg F -storepass x
  pdfsig(DIR は modutil -dbdir sql:DIR -add jpki -libfile P で作ったフォルダー。x はカードに送られない):
			pdfsig -nssdir sql:DIR -nss-pwd x -add-signature -nick 'JPKI digital signature:sign' IN OUT
  LibreOffice:
			jpki cert export sign > sign.pem
			jpki pkcs11 setup --key sign --ask signature --certificate sign.pem
    このあと「ファイル > デジタル署名」やPDFの書き出しで選びます(Firefoxのプロファイルを使います)。

TLSのバージョン
  TLS 1.2はどのプログラムでも使えます。TLS 1.3を使うには、カードがRSA-PSSの署名を作る必要があります。試験用のカードで作れたという報告はありますが、ふつうのカードでは確かめていません。断ったカードは記録し、次からはTLS 1.2の方式だけを提示します。それでもOpenSSLがRSA-PSSを使おうとするときは、-sigalgs RSA+SHA256 を付けてください。

知っておくこと
- サイトには、利用者証明用電子証明書の番号と満了日(ふつうは誕生日)が見えます。署名用電子証明書には氏名、住所、生年月日、性別が入っているので、ブラウザーには提示しません(setup --key sign のファイルに、提示しないブラウザーの一覧があります)。
- --ask login では、ログインのときに1回尋ねて保持します。--ask program では、プログラムに入力した暗証番号を使います。
- 暗証番号を保持している間も、署名のたびにカードの電源を切ります。残り1回のときは、必ず尋ねてから送ります。
- rootやsetuidのプログラムと、snapやFlatpakのプログラムからは使えません。
- コンテナーなどからはソケットで使えます(モジュールは p11-kit-client.so)。
			jpki pkcs11 --socket $XDG_RUNTIME_DIR/jpki/pkcs11.sock
			export P11_KIT_SERVER_ADDRESS=unix:path=$XDG_RUNTIME_DIR/jpki/pkcs11.sock
- 証明書にメールアドレスがないので、S/MIMEには向きません。

OpenSCのモジュール(opensc-pkcs11.so)との違い
  OpenSCからも同じカードが見えます。署名1回に jpki の約5倍のコマンドを送ります。残り1回でも尋ねずに送り、署名用パスワードを小文字で入力すると間違いになって1回減ります。ログインしている間は、ほかのプログラムもその鍵で署名できるので、使い終わったらカードをリーダーから外してください。setup --hide-opensc で、OpenSCのモジュールをこのユーザーから隠せます。

macOS
		brew install p11-kit nss pinentry-mac
		jpki pkcs11 setup
  FirefoxとOpenSSHで使えます。SafariとChromeはmacOSの仕組み(CryptoTokenKit)を使うので対象外です。Macでは確かめていません。

Windows
  使えません。ブラウザーはWindowsの証明書ストアを使い、Windows用のp11-kitは配布されていないためです。`,
	EN: `Browsers and commands can use the card's key through p11-kit, which starts jpki pkcs11. jpki asks for the PIN in a pinentry window or on the terminal, and shows there which program wants to sign.

Prepare (Linux)
		sudo apt install p11-kit p11-kit-modules libnss3-tools pinentry-gnome3
		jpki pkcs11 setup
  To undo it: jpki pkcs11 setup --remove
  This lists what programs see (package gnutls-bin):
		p11tool --list-all 'pkcs11:token=JPKI%20authentication'
  The keys have these names. P below is /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so.
  Authentication:
			pkcs11:token=JPKI%20authentication;object=auth
  Signing (after setup --key sign):
			pkcs11:token=JPKI%20digital%20signature;object=sign

For each program
  Firefox, Chromium: restart it after setup. JPKI authentication is then among the certificates to choose from.
  curl:
			curl --engine pkcs11 --cert-type ENG --cert 'pkcs11:token=JPKI%20authentication;object=auth' --key-type ENG --key 'pkcs11:token=JPKI%20authentication;object=auth;type=private' URL
  OpenSSL (the engine is in libengine-pkcs11-openssl):
			openssl dgst -engine pkcs11 -keyform engine -sha256 -sign 'pkcs11:token=JPKI%20authentication;object=auth;type=private' -out F.sig F
    From OpenSSL 3.2 on use pkcs11-provider, with P as its pkcs11-module-path and the same name for -key.
  GnuTLS:
			gnutls-cli --x509certfile 'pkcs11:token=JPKI%20authentication;object=auth;type=cert' --x509keyfile 'pkcs11:token=JPKI%20authentication;object=auth;type=private' HOST
  OpenSSH (jpki ssh agent also shows where you log in to: jpki help login):
			ssh-keygen -D P
    Register the public key that it shows, then connect:
			ssh -o PKCS11Provider=P HOST
  Java (F has two lines: name = jpki and library = P; x is not sent to the card):
			keytool -list -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 -providerArg F -storepass x
  pdfsig (modutil -dbdir sql:DIR -add jpki -libfile P makes the folder DIR; x is not sent to the card):
			pdfsig -nssdir sql:DIR -nss-pwd x -add-signature -nick 'JPKI digital signature:sign' IN OUT
  LibreOffice:
			jpki cert export sign > sign.pem
			jpki pkcs11 setup --key sign --ask signature --certificate sign.pem
    Then choose the certificate under File > Digital Signatures, or when you export a PDF (it uses the profile of Firefox).

Versions of TLS
  TLS 1.2 works in every program. TLS 1.3 needs RSA-PSS signatures. Test cards are reported to make them; ordinary cards were not tried. A card that refuses is remembered, and from then on offers only what TLS 1.2 uses. If OpenSSL still wants RSA-PSS, give it -sigalgs RSA+SHA256.

Good to know
- A site sees the number of the authentication certificate and its last day, usually a birthday. The signing certificate holds your name, address, date of birth and sex, so it is hidden from browsers (the file that setup --key sign writes lists them).
- --ask login asks once, at log-in, and keeps the PIN. --ask program takes the PIN that you type into the program.
- Even while a PIN is kept, the power of the card is cut after each signature. The last try is never used without asking.
- Programs of root, setuid programs and those from snap or Flatpak cannot use it.
- Containers can use it through a socket (with the module p11-kit-client.so):
			jpki pkcs11 --socket $XDG_RUNTIME_DIR/jpki/pkcs11.sock
			export P11_KIT_SERVER_ADDRESS=unix:path=$XDG_RUNTIME_DIR/jpki/pkcs11.sock
- It is no good for S/MIME: the certificates have no mail address.

How OpenSC's module (opensc-pkcs11.so) differs
  OpenSC shows the same card. It sends about five times as many commands for a signature. It uses the last try without asking, and a signing password typed in lower case costs a try. While a program is logged in, other programs can sign with the key too: take the card off the reader when you are done. setup --hide-opensc hides OpenSC's module from this user.

macOS
		brew install p11-kit nss pinentry-mac
		jpki pkcs11 setup
  For Firefox and OpenSSH. Safari and Chrome use macOS's own mechanism (CryptoTokenKit). This was not tried on a Mac.

Windows
  Not available: browsers use the certificate store of Windows, and nobody distributes p11-kit for it.`,
}
