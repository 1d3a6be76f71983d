package emulator

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPartOfAnswer(t *testing.T) {
	ec2 := paging{Lists: []string{"volumeSet"}, Input: "NextToken", Output: "nextToken", XML: 2}
	iam := paging{Lists: []string{"Users", "Groups"}, Input: "Marker", Output: "Marker", More: "IsTruncated", XML: 3}
	kms := paging{Lists: []string{"Keys"}, Input: "Marker", Output: "NextMarker", More: "Truncated"}
	first := func(n int) (int, int) { return 0, n / 2 }
	second := func(n int) (int, int) { return n / 2, n }
	const volumes = `<R><requestId>r</requestId><volumeSet><item><id>1</id></item><item><id>2</id></item></volumeSet></R>`
	const users = `<R><ListUsersResult><IsTruncated>false</IsTruncated><Users><member>a</member><member>b</member></Users></ListUsersResult></R>`
	for _, c := range []struct {
		why, answer string
		how         paging
		cut         func(int) (int, int)
		token       bool
		want        string
	}{
		{"EC2, first half", volumes, ec2, first, true, `<R><requestId>r</requestId><volumeSet><item><id>1</id></item></volumeSet><nextToken>the-second-page</nextToken></R>`},
		{"EC2, second half", volumes, ec2, second, false, `<R><requestId>r</requestId><volumeSet><item><id>2</id></item></volumeSet></R>`},
		{"query, first half", users, iam, first, true, `<R><ListUsersResult><Users><member>a</member></Users><Marker>the-second-page</Marker><IsTruncated>true</IsTruncated></ListUsersResult></R>`},
		{"query, second half", users, iam, second, false, `<R><ListUsersResult><Users><member>b</member></Users><IsTruncated>false</IsTruncated></ListUsersResult></R>`},
		{
			"several lists", `<R><X><Users><member>a</member><member>b</member></Users><Groups><member>c</member><member>d</member></Groups></X></R>`, iam, second, false,
			`<R><X><Users><member>b</member></Users><Groups><member>d</member></Groups><IsTruncated>false</IsTruncated></X></R>`,
		},
		{"an empty list has pages, too", `<R><volumeSet/></R>`, ec2, first, true, `<R><volumeSet/><nextToken>the-second-page</nextToken></R>`},
		{"JSON", `{"Keys":[{"KeyId":"a"},{"KeyId":"b"}],"Truncated":false}`, kms, first, true, `{"Keys":[{"KeyId":"a"}],"NextMarker":"the-second-page","Truncated":true}`},
		{"JSON, the rest", `{"Keys":[1,2,3]}`, kms, second, false, `{"Keys":[2,3],"Truncated":false}`},
	} {
		got, ok := c.how.part([]byte(c.answer), c.cut, c.token)
		assert.True(t, ok, c.why)
		assert.Equal(t, c.want, string(got), c.why)
	}
	for why, answer := range map[string]string{
		"another answer":            `<R><other/></R>`,
		"a page that is there":      `<R><volumeSet><item/></volumeSet><nextToken>more</nextToken></R>`,
		"an answer that is no XML":  `{`,
		"an answer that is cut off": `<R><volumeSet><item>`,
	} {
		_, ok := ec2.part([]byte(answer), first, true)
		assert.False(t, ok, why)
	}
	rest, had := ec2.withoutToken([]byte("Action=DescribeVolumes&NextToken=the-second-page"))
	assert.True(t, had)
	assert.Equal(t, "Action=DescribeVolumes", string(rest))
	_, had = ec2.withoutToken([]byte("Action=DescribeVolumes&NextToken=its-own"))
	assert.False(t, had)
}
