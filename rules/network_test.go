package rules

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestNetwork(t *testing.T) {
	unknown := &inventory.Unknown{Because: "test"}
	type entry = map[string]any
	for _, tt := range []struct {
		why      string
		entry    entry
		internet Status
		covers   Status // port 22
	}{
		{"the IPv4 internet", entry{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": int64(22), "ToPort": int64(22)}, Pass, Pass},
		{"the IPv6 internet, written long", entry{"CidrIpv6": "0:0:0:0:0:0:0:0/0", "IpProtocol": "tcp", "FromPort": int64(0), "ToPort": int64(65535)}, Pass, Pass},
		{"host bits do not matter", entry{"CidrIp": "10.1.2.3/0", "IpProtocol": "6", "FromPort": int64(1), "ToPort": int64(22)}, Pass, Pass},
		{"half of the internet", entry{"CidrIp": "0.0.0.0/1", "IpProtocol": "TCP", "FromPort": int64(22), "ToPort": int64(30)}, Pass, Pass},
		{"the largest network that somebody owns", entry{"CidrIp": "10.0.0.0/8", "IpProtocol": "tcp", "FromPort": int64(23), "ToPort": int64(30)}, Fail, Fail},
		{"a half of the IPv6 internet", entry{"CidrIpv6": "8000::/1", "IpProtocol": "tcp", "FromPort": int64(1), "ToPort": int64(21)}, Pass, Fail},
		{"one address", entry{"CidrIp": "203.0.113.1/32", "IpProtocol": "udp", "FromPort": int64(22), "ToPort": int64(22)}, Fail, Fail},
		{"no address", entry{"SourceSecurityGroupId": "sg-1", "IpProtocol": "-1"}, Fail, Pass},
		{"every protocol, whatever the ports say", entry{"IpProtocol": "-1", "FromPort": int64(80), "ToPort": int64(80)}, Fail, Pass},
		{"tcp without ports is every port", entry{"IpProtocol": "tcp"}, Fail, Pass},
		{"tcp from -1 to -1 is every port", entry{"IpProtocol": "tcp", "FromPort": int64(-1), "ToPort": int64(-1)}, Fail, Pass},
		{"only a first port", entry{"IpProtocol": "tcp", "FromPort": int64(23)}, Fail, Fail},
		{"icmp", entry{"IpProtocol": "icmp", "FromPort": int64(-1), "ToPort": int64(-1)}, Fail, Fail},
		{"no protocol limits nothing", entry{"FromPort": int64(22), "ToPort": int64(22)}, Fail, Pass},

		{"one family is open, the other not known", entry{"CidrIp": unknown, "CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": unknown, "ToPort": int64(30)}, Pass, Unknown},
		{"the source is not known", entry{"CidrIp": unknown, "IpProtocol": "tcp", "FromPort": unknown, "ToPort": int64(21)}, Unknown, Fail},
		{"the protocol is not known", entry{"IpProtocol": unknown, "FromPort": int64(22), "ToPort": int64(22)}, Fail, Unknown},
		{"the protocol is not known, and may be every", entry{"IpProtocol": unknown, "FromPort": int64(80), "ToPort": int64(80)}, Fail, Unknown},
		{"no range at all", entry{"CidrIp": "anywhere", "IpProtocol": "tcp", "FromPort": int64(22), "ToPort": int64(22)}, Error, Pass},
	} {
		t.Run(tt.why, func(t *testing.T) {
			r := declaredOf("AWS::EC2::SecurityGroup", inventory.Properties{"SecurityGroupIngress": []any{tt.entry}})
			for check, want := range map[string]Status{"internet(%s)": tt.internet, "covers(%s, 22)": tt.covers} {
				s, _ := oneRule(t, "AWS::EC2::SecurityGroup", fmt.Sprintf(check, "resource.properties.SecurityGroupIngress[0]"))
				f := verdictOf(s, r)
				assert.Equal(t, want.String(), f.Status.String(), "%s %s", check, f.Message)
			}
		})
	}
}
