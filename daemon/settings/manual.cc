// The manual page, from the table of keys.
#include "base/version.h"
#include "daemon/settings/report.h"
#include "daemon/settings/value.h"

namespace coppice::daemon {
namespace {

constexpr char kBegin[] = R"(.SH NAME
coppiced.toml \- settings of the Coppice daemon
.SH SYNOPSIS
.I /etc/coppice/coppiced.toml
.br
.I /etc/coppice/coppiced.toml.d/*.toml
.br
.I ~/.config/coppice/coppiced.toml
.SH DESCRIPTION
.BR coppiced (8)
reads these files when it starts and when it is told to read them again.
A daemon of root's reads the ones in
.IR /etc/coppice ;
one of another user's those in
.IR $XDG_CONFIG_HOME/coppice ,
or in
.IR ~/.config/coppice .
.B coppiced \-\-config
.I FILE
names another file.
.PP
They are TOML.
The drop\-ins in the directory of the file's name with
.I .d
behind it are read after the file, in the order of their names, and of several values of a key the last one counts.
What the command line says counts before all files.
A file that is missing says nothing.
With
.I /dev/null
in the place of the file only the command line counts.
.PP
Whatever is wrong in any of the files is told with file, line and key, and then the daemon does not start, or, when it
reads them again, keeps all that it had.
.B coppiced \-\-check\-config
does nothing but that, and
.B coppiced \-\-print\-config
shows what counts and where each value comes from.
.PP
.B systemctl reload coppiced
(SIGHUP) and
.B coppice daemon reload
make a running daemon read the files again.
It then says which keys have changed, and which of them wait for a start of the daemon.
A supervisor that takes the place of another, after a crash or an upgrade, keeps what needs a start as it was.
.PP
A duration is a text with units, of ms, s, m, h and d:
.BR \(dq250ms\(dq ,
.BR \(dq1m30s\(dq .
A size is a number of bytes, or a text with K, M, G or T (powers of 1024):
.BR \(dq512M\(dq .
)";

constexpr char kQuotasText[] = R"(Bounds on what one user may have at a time.
Root and the user that the daemon runs as have none of them.
Who runs into one is told which
.RI ( io.coppice.Jobs.Exhausted ),
unless it says otherwise below.
A table
.BI [quotas.user. NAME ]
has the same keys for one user, by name or number; what it leaves out is as for all.
)";

constexpr char kEnd[] = R"(.SH EXAMPLES
A socket for every user of the machine, with a bound on what they can run, more for the user of the builds, and
administrators in group adm:
.PP
.nf
.RS 4
sockets = ["/run/coppice/socket;mode=0666"]
admin\-group = "adm"

[history]
max\-age = "90d"

[quotas]
live\-jobs = 100
processes = 500

[quotas.user.builder]
live\-jobs = 5000
processes = "unlimited"
.RE
.fi
.SH SEE ALSO
.BR coppice (1),
.BR coppiced (8)
)";

// Text of ours as roff: no hyphen that man would set as a dash, no line that begins with a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') out += "\\-";
    else if (c == '\\') out += "\\e";
    else if (c == '"') out += "\\(dq";
    else if (c == '~') out += "\\(ti";
    else out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

// "expected a size …" as what a key takes.
std::string type_of(const Key& key) {
  constexpr std::string_view kExpected = "expected ";
  return expected(key).substr(kExpected.size());
}

std::string default_of(const Key& key) {
  if (!key.fallback.empty()) return std::string(key.fallback);
  return toml_text(key, key.get(Settings()));
}

std::string entry(const Key& key, std::string_view name) {
  std::string text = ".TP\n.B " + roff(name) + "\n" + roff(key.description) + "\n.br\n";
  text += "Takes " + roff(type_of(key)) + ".\n.br\n";
  text += "Default: " + roff(default_of(key)) + ".\n.br\n";
  text += key.reloadable ? "A reload changes it." : "A change waits for a start of the daemon.";
  if (!key.option.empty()) text += "\nOption of\n.BR coppiced (8):\n.BR " + roff(key.option) + " .";
  return text + "\n";
}

}  // namespace

std::string manual_page() {
  std::string text = ".\\\" Made by coppiced --config-manual from the table of keys.\n.TH COPPICED.TOML 5 \"\" \"coppice " +
                     std::string(kVersion) + "\" \"Coppice\"\n";
  text += kBegin;
  text += ".SH KEYS\n";
  std::string table;
  for (const Key& key : keys()) {
    const std::size_t dot = key.name.find('.');
    const std::string of(key.name.substr(0, dot == std::string_view::npos ? 0 : dot));
    if (of != table) text += ".SS [" + roff(of) + "]\n" + (of == kQuotas ? std::string(kQuotasText) : std::string());
    table = of;
    text += entry(key, key.name.substr(dot == std::string_view::npos ? 0 : dot + 1));
  }
  return text + kEnd;
}

}  // namespace coppice::daemon
