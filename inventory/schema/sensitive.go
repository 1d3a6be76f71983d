package schema

import (
	"regexp"
	"strings"
	"sync"
)

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
	if plain || i < 0 {
		return false
	}
	if t != nil && t.Name == "AWS::ApiGateway::ApiKey" && pointer == "/Value" {
		return true // the key itself, of which neither the schema nor the name says so
	}
	return secretName(pointer[i+1:]) || t != nil && startsMachine(pointer[i+1:])
}

// startsMachine recognises the script that a machine runs when it starts. AWS asks for no
// secrets in it, and yet it is where passwords are handed over, in base64, where no name
// gives them away. Without a type a name is asked about that somebody wrote: a script is none.
func startsMachine(name string) bool {
	n := strings.ToLower(name)
	return strings.HasSuffix(n, "userdata") || strings.HasSuffix(n, "userdataoverride")
}

// SecretBeside returns the member of an object that another member gives away as a secret, as
// in {Name: DB_PASSWORD, Value: x}: the telling name stands beside the value instead of above
// it. It returns "" for every other object.
func SecretBeside(object map[string]any) string {
	for _, member := range []string{"Value", "ParameterValue", "value"} {
		if _, has := object[member]; !has {
			continue
		}
		for _, naming := range []string{"Name", "Key", "ParameterKey", "ParameterName", "OptionName", "name", "key"} {
			if name, is := object[naming].(string); is && secretName(name) {
				return member
			}
		}
	}
	return ""
}

var (
	// An address with a password in it, as in postgres://app:secret@db.example/orders (RFC 3986,
	// section 3.2.1, calls it userinfo). What is put in later ($NAME, {{resolve:...}}) is none.
	userinfo = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`://[^\s/?#:@]*:[^\s/?#@${][^\s/?#@]*@`)
	})
	// A private key as text (RFC 7468).
	privateKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----`)
	})
)

// IsSecretText reports whether a text is a secret wherever it stands, because it says so
// itself: an address with a password, a private key.
func IsSecretText(text string) bool {
	return strings.Contains(text, "://") && userinfo().MatchString(text) ||
		strings.Contains(text, "PRIVATE KEY-----") && privateKey().MatchString(text)
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
