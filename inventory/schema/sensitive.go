package schema

import "strings"

// IsSensitive reports whether a value at this pointer must never be printed: what the
// schema makes write-only (passwords that AWS itself will not return), and what its
// name gives away. t may be nil for a type without schema.
func IsSensitive(t *Type, pointer string) bool {
	plain := false // only text can be a secret: a flag, a number or an enumeration is shown
	if t != nil {
		n, known := t.At(pointer)
		plain = known && (n.Kinds&String == 0 || len(n.Enum) > 0)
		if !plain && t.IsWriteOnly(pointer) {
			return true
		}
	}
	i := strings.LastIndexByte(pointer, '/')
	return !plain && i >= 0 && secretName(pointer[i+1:])
}

var separators = strings.NewReplacer("_", "", "-", "")

// secretName recognises names of secrets as services and people spell them. Names that
// only point to a secret (an ARN, an id, a version) are not secrets themselves.
func secretName(name string) bool {
	n := strings.ToLower(separators.Replace(name))
	for _, harmless := range []string{"arn", "id", "name", "version", "policy", "length", "age", "type", "days", "enabled", "count", "key"} {
		if strings.HasSuffix(n, harmless) && !strings.HasSuffix(n, "secretkey") && !strings.HasSuffix(n, "secretaccesskey") && !strings.HasSuffix(n, "privatekey") && !strings.HasSuffix(n, "sharedkey") && !strings.HasSuffix(n, "apikey") {
			return false
		}
	}
	for _, secret := range []string{"password", "passwd", "passphrase", "secret", "secretstring", "sharedkey", "secretkey", "secretaccesskey", "privatekey", "apikey", "authtoken", "accesstoken", "token", "credentials"} {
		if strings.HasSuffix(n, secret) {
			return true
		}
	}
	return false
}
