package io.saya.monitor.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Makes what the JDK's TLS needs of files in PEM. They are read once. */
final class TlsContext {
    private static final Pattern KEY =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);

    private TlsContext() {}

    /**
     * The context of a server.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    static SSLContext of(WebConfig.Tls tls) throws IOException {
        try {
            KeyStore own = empty();
            own.setKeyEntry(
                    "server",
                    key(tls.key()),
                    new char[0],
                    certificates(tls.certificate()).toArray(Certificate[]::new));
            KeyManagerFactory keys =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trusted(tls), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    tls.certificate() + ", " + tls.key() + ": no TLS with them: " + e.getMessage(),
                    e);
        }
    }

    private static TrustManager[] trusted(WebConfig.Tls tls)
            throws IOException, GeneralSecurityException {
        KeyStore authorities = empty();
        if (tls.clientCa().isPresent()) {
            int number = 0;
            for (Certificate certificate : certificates(tls.clientCa().get())) {
                authorities.setCertificateEntry("ca" + number++, certificate);
            }
        }
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(authorities);
        return tls.clientCa().isPresent() ? trust.getTrustManagers() : new TrustManager[0];
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file)
            throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        Matcher pem = KEY.matcher(Files.readString(file));
        if (!pem.find()) {
            throw new IOException(
                    file
                            + ": no PKCS #8 key in PEM (expected: BEGIN PRIVATE KEY; 'openssl pkcs8"
                            + " -topk8 -nocrypt -in FILE' makes one of other forms)");
        }
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException _) {
                // A key of another algorithm.
            }
        }
        throw new IOException(file + ": key of an unknown algorithm (expected: EC, RSA or EdDSA)");
    }
}
