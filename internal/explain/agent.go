package explain

import (
	"errors"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/sshagent"
)

var refusals = map[error]text{
	sshagent.ErrMalformed:   {JA: "要求の形が正しくありません", EN: "the request is malformed"},
	sshagent.ErrUnknownData: {JA: "SSHのログインでもSSHSIGの署名でもないデータです。別の仕組みのログインかもしれません", EN: "the data is neither an SSH log-in nor an SSHSIG signature; it could be the log-in of another protocol"},
	sshagent.ErrSHA1:        {JA: "ssh-rsa(SHA-1)の署名はしません。rsa-sha2-256 か rsa-sha2-512 が必要です", EN: "ssh-rsa (SHA-1) signatures are not made; it takes rsa-sha2-256 or rsa-sha2-512"},
	sshagent.ErrAlgorithm:   {JA: "署名の方式が rsa-sha2-256 でも rsa-sha2-512 でもないか、データと合いません", EN: "the algorithm is neither rsa-sha2-256 nor rsa-sha2-512, or is not the one in the data"},
	sshagent.ErrOtherKey:    {JA: "このカードの鍵ではありません", EN: "it is not the key of this card"},
	sshagent.ErrLocked:      {JA: "エージェントがロックされています(ssh-add -X で解除)", EN: "the agent is locked (ssh-add -X unlocks it)"},
	sshagent.ErrPassphrase:  {JA: "エージェントのロックのパスフレーズが違うか、ロックの状態と合いません", EN: "the passphrase of the agent's lock is wrong, or the lock is not in that state"},
	sshagent.ErrAdd:         {JA: "このエージェントに鍵は追加できません。ほかの鍵は、ほかのエージェントに入れてください(--proxy で一緒に使えます)", EN: "keys cannot be added to this agent; put other keys into another one, which --proxy joins to this"},
	sshagent.ErrRemove:      {JA: "このエージェントから鍵は削除できません。終わらせるには Ctrl-C です", EN: "the key cannot be removed from this agent; Ctrl-C ends it"},
	sshagent.ErrBinding:     {JA: "接続のセッションを確かめられません", EN: "the session of the connection cannot be verified"},
	sshagent.ErrSession:     {JA: "接続とは別のセッションのログインです", EN: "the log-in is of another session than the connection"},
	sshagent.ErrForwarded:   {JA: "別のマシンから転送された接続です。許すには --forward か --destination を付けて動かします", EN: "the connection is forwarded from another machine; --forward or --destination allow that"},
	sshagent.ErrUnbound:     {JA: "接続先が分からないので、--destination と照らし合わせられません", EN: "the client does not tell where it logs in to, so --destination cannot be checked"},
	sshagent.ErrProxy:       {JA: "--proxy で指定したエージェントが応答しません", EN: "the agent of --proxy does not answer"},
	sshagent.ErrDestination: {JA: "--destination で許した接続先ではありません", EN: "it is none of the destinations of --destination"},
}

var listenReasons = map[error]text{
	sshagent.ErrRunning:   {JA: "ほかのエージェントが動いています", EN: "another agent answers there"},
	sshagent.ErrOccupied:  {JA: "同じ名前の別のものがあります", EN: "there is something else of this name"},
	sshagent.ErrFolder:    {JA: "ほかのユーザーが書き込めるフォルダーです", EN: "other users can write into its folder"},
	sshagent.ErrTooLong:   {JA: "ソケットのパスが長すぎます", EN: "the path is too long for a socket"},
	sshagent.ErrPath:      {JA: `パイプの名前は \\.\pipe\ で始まります`, EN: `a pipe's name begins with \\.\pipe\`},
	sshagent.ErrListening: {JA: "作成できません", EN: "it cannot be made"},
}

// explainAgent explains refusals of the agent, and addresses where it cannot
// listen.
func explainAgent(err error) *problem.Problem {
	var refused *sshagent.Refusal
	if errors.As(err, &refused) {
		what := text{JA: "署名などの要求を断りました: %s", EN: "Refused a request: %s"}.With(refusals[refused.Reason])
		if refused.Detail != "" {
			what = text{JA: "%s(%s)。", EN: "%s (%s)."}.With(what, refused.Detail)
		} else {
			what = text{JA: "%s。", EN: "%s."}.With(what)
		}
		return problem.New(problem.Failed, what, text{})
	}
	var failed *sshagent.ListenError
	if !errors.As(err, &failed) {
		return nil
	}
	what := text{JA: "「%s」で待ち受けられません: %s。", EN: "Cannot listen at %s: %s."}.With(failed.Path, listenReasons[failed.Reason])
	if failed.Err != nil {
		what = text{JA: "%s\n詳細: %s", EN: "%s (%s)"}.With(what, failed.Err.Error())
	}
	return problem.New(problem.Output, what,
		text{JA: "--socket で別の場所を指定してください。", EN: "Name another place with --socket."})
}
