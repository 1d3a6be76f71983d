package declared

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRead reads 100 templates of 20 resources each, as a gate over a large
// repository does.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		var text strings.Builder
		text.WriteString("Parameters: {Stage: {Type: String, Default: dev}}\nResources:\n")
		for j := range 20 {
			fmt.Fprintf(&text, `  Group%d:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "${Stage} tier %d"
      VpcId: !ImportValue network
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}
        - IpProtocol: tcp
          FromPort: 80
          ToPort: "80"
          CidrIp: !If [Dev, 10.0.0.0/8, 10.1.0.0/16]
      Tags: [{Key: Name, Value: !Ref Stage}]
`, j, j)
		}
		text.WriteString("Conditions: {Dev: !Equals [!Ref Stage, dev]}\n")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("t%03d.yaml", i)), []byte(text.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := Read(context.Background(), []string{dir}, Options{})
		if err != nil || len(d.Faults) > 0 || len(d.Particles()) != 2000 {
			b.Fatal(err, d.Faults)
		}
	}
}
