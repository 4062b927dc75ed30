package cli

// programsTopic has a recipe for each program that uses the card's key through
// p11-kit. The tests of internal/stacktest run them.
var programsTopic = text{
	JA: `ブラウザーやコマンドは、p11-kitを通してカードの鍵を使えます。p11-kitは jpki pkcs11 を動かし、暗証番号は jpki が
pinentryの窓か端末で尋ねます。どのプログラムが署名を求めたかは、そこに表示されます。

用意する (Linux)
  sudo apt install p11-kit p11-kit-modules libnss3-tools pinentry-gnome3
  jpki pkcs11 setup                 (jpki pkcs11 setup --remove で元に戻す)
  p11tool --list-all 'pkcs11:token=JPKI%20authentication'     (パッケージ gnutls-bin)
鍵の名前は次のとおりです。P は /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so です。
  利用者証明用  pkcs11:token=JPKI%20authentication;object=auth
  署名用        pkcs11:token=JPKI%20digital%20signature;object=sign     (setup --key sign のあと)

プログラムごとに
  Firefox、Chromium   setup のあと起動し直す。証明書を選ぶ画面に JPKI authentication が出る
  curl                curl --engine pkcs11 --cert-type ENG --cert 'pkcs11:token=JPKI%20authentication;object=auth' \
                        --key-type ENG --key 'pkcs11:token=JPKI%20authentication;object=auth;type=private' URL
  OpenSSL             openssl dgst -engine pkcs11 -keyform engine -sha256 \
                        -sign 'pkcs11:token=JPKI%20authentication;object=auth;type=private' -out F.sig F
                      (エンジンは libengine-pkcs11-openssl。OpenSSL 3.2以降は pkcs11-provider で、
                      pkcs11-module-path に P を書き、-key に同じ名前を使う)
  GnuTLS              gnutls-cli --x509certfile 'pkcs11:token=JPKI%20authentication;object=auth;type=cert' \
                        --x509keyfile 'pkcs11:token=JPKI%20authentication;object=auth;type=private' HOST
  OpenSSH             ssh-keygen -D P で公開鍵を見て登録し、ssh -o PKCS11Provider=P HOST
                      (jpki ssh agent なら、接続先も表示します: jpki help login)
  Java                keytool -list -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 \
                        -providerArg F -storepass x     (F に name = jpki と library = P の2行を書く。x は送られない)
  pdfsig              pdfsig -nssdir sql:DIR -nss-pwd x -add-signature -nick 'JPKI digital signature:sign' IN OUT
                      (DIR は modutil -dbdir sql:DIR -add jpki -libfile P したフォルダー。x は送られない)
  LibreOffice         jpki cert export sign > sign.pem で証明書を書き出し、
                        jpki pkcs11 setup --key sign --ask signature --certificate sign.pem
                      としてから、「ファイル > デジタル署名」やPDFの書き出しで選ぶ(Firefoxのプロファイルを使う)

TLSのバージョン
  TLS 1.2はどのプログラムでも使えます。TLS 1.3には、カードがRSA-PSSの署名を作る必要があります。試験用のカードで作れたという
  報告はありますが、ふつうのカードでは確かめていません。断ったカードは記憶し、次からはTLS 1.2の方式だけを見せます。それでも
  RSA-PSSを使おうとするOpenSSLには -sigalgs RSA+SHA256 を付けます。

知っておくこと
- サイトには、利用者証明用電子証明書の番号と満了日(ふつう誕生日)が見えます。署名用の証明書には氏名、住所、生年月日、性別が
  入っているので、ブラウザーには見せません(setup --key sign のファイルに、見せないブラウザーの一覧があります)。
- --ask login は、ログインのときに1回尋ねて覚えます。--ask program は、プログラムに入力した暗証番号を使います。
- 暗証番号を覚えている間も、カードは署名のたびに閉じます。残り1回では、尋ねずに送ることはありません。
- rootとsetuidのプログラム、snapやFlatpakのプログラムは使えません。
- ソケットでも使えます。コンテナーなどに渡すときは次のようにします。
    jpki pkcs11 --socket $XDG_RUNTIME_DIR/jpki/pkcs11.sock
    P11_KIT_SERVER_ADDRESS=unix:path=$XDG_RUNTIME_DIR/jpki/pkcs11.sock (モジュールは p11-kit-client.so)
- S/MIMEには向きません。証明書にメールアドレスがないためです。

OpenSCのモジュール(opensc-pkcs11.so)との違い
  OpenSCも同じカードを見せます。署名1回に jpki の約5倍のコマンドを送り、残り1回でも尋ねずに送り、署名用パスワードの小文字を
  間違いとして1回減らします。ログインしている間は、ほかのどのプログラムもその鍵で署名できます。使い終わったら、カードを
  リーダーから外してください。setup --hide-opensc は、OpenSCのモジュールをこのユーザーから隠します。

macOS    brew install p11-kit nss pinentry-mac のあと jpki pkcs11 setup。FirefoxとOpenSSHのためのもので、SafariとChromeは
         macOSの仕組み(CryptoTokenKit)を使うため対象外です。Macでは確かめていません。
Windows  使えません。ブラウザーはWindowsの証明書の仕組みを使い、p11-kitは配布されていないためです。`,
	EN: `Browsers and commands can use the card's key through p11-kit. It starts jpki pkcs11; the PIN is asked for by jpki, in
the window of a pinentry or on the terminal, which says which program wants to sign.

Prepare (Linux)
  sudo apt install p11-kit p11-kit-modules libnss3-tools pinentry-gnome3
  jpki pkcs11 setup                 (jpki pkcs11 setup --remove takes it back)
  p11tool --list-all 'pkcs11:token=JPKI%20authentication'     (package gnutls-bin)
The names of the keys; P is /usr/lib/x86_64-linux-gnu/p11-kit-proxy.so.
  authentication  pkcs11:token=JPKI%20authentication;object=auth
  signing         pkcs11:token=JPKI%20digital%20signature;object=sign     (after setup --key sign)

For each program
  Firefox, Chromium   start it again after setup; JPKI authentication is among the certificates to choose from
  curl                curl --engine pkcs11 --cert-type ENG --cert 'pkcs11:token=JPKI%20authentication;object=auth' \
                        --key-type ENG --key 'pkcs11:token=JPKI%20authentication;object=auth;type=private' URL
  OpenSSL             openssl dgst -engine pkcs11 -keyform engine -sha256 \
                        -sign 'pkcs11:token=JPKI%20authentication;object=auth;type=private' -out F.sig F
                      (the engine is in libengine-pkcs11-openssl; from OpenSSL 3.2 on it is pkcs11-provider, with P
                      as its pkcs11-module-path and the same name for -key)
  GnuTLS              gnutls-cli --x509certfile 'pkcs11:token=JPKI%20authentication;object=auth;type=cert' \
                        --x509keyfile 'pkcs11:token=JPKI%20authentication;object=auth;type=private' HOST
  OpenSSH             ssh-keygen -D P shows the public key to register, then ssh -o PKCS11Provider=P HOST
                      (jpki ssh agent also shows where you log in to: jpki help login)
  Java                keytool -list -keystore NONE -storetype PKCS11 -providerClass sun.security.pkcs11.SunPKCS11 \
                        -providerArg F -storepass x     (F has two lines: name = jpki, library = P; the x is not sent)
  pdfsig              pdfsig -nssdir sql:DIR -nss-pwd x -add-signature -nick 'JPKI digital signature:sign' IN OUT
                      (DIR is a folder after modutil -dbdir sql:DIR -add jpki -libfile P; the x is not sent)
  LibreOffice         jpki cert export sign > sign.pem writes the certificate; then
                        jpki pkcs11 setup --key sign --ask signature --certificate sign.pem
                      and choose it under File > Digital Signatures or when exporting a PDF (it uses Firefox's profile)

Versions of TLS
  TLS 1.2 works in every program. TLS 1.3 takes RSA-PSS signatures of the card. Test cards are reported to make them;
  ordinary cards were not tried. A card that refuses is remembered, and is offered for TLS 1.2 alone after that. An
  OpenSSL that still wants RSA-PSS is kept from it by -sigalgs RSA+SHA256.

Mind
- A site sees the number of the authentication certificate and its last day, usually a birthday. The signing
  certificate holds name, address, date of birth and sex, and browsers do not see it: the file of setup --key sign
  lists those it is kept from.
- --ask login asks once, at the log-in, and keeps the PIN; --ask program takes the PIN that you enter in the program.
- Also while a PIN is kept, the card is closed after each signature. A last try is never sent without asking.
- Programs of root, setuid programs and those of snap and Flatpak cannot use it.
- A socket does it, too, for containers:
    jpki pkcs11 --socket $XDG_RUNTIME_DIR/jpki/pkcs11.sock
    P11_KIT_SERVER_ADDRESS=unix:path=$XDG_RUNTIME_DIR/jpki/pkcs11.sock (and the module p11-kit-client.so)
- It is not good for S/MIME: the certificates have no mail address.

OpenSC's module (opensc-pkcs11.so) beside it
  OpenSC shows the same card. It sends about five times as many commands for a signature, spends a last try without
  asking, and a signing password in lower case is a mistake that uses a try. While a program is logged in, every
  other program can sign with the key: take the card off the reader when you are done. setup --hide-opensc hides
  OpenSC's module from this user.

macOS    brew install p11-kit nss pinentry-mac, then jpki pkcs11 setup. It is for Firefox and OpenSSH: Safari and
         Chrome use macOS's own way (CryptoTokenKit). It was not tried on a Mac.
Windows  Not offered: browsers use Windows' own certificate store, and nobody ships p11-kit there.`,
}
