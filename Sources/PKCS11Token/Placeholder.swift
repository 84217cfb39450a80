// PKCS11Token
