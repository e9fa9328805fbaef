unset CDPATH
LC_ALL=C
export LC_ALL
trap '' HUP TERM
known=
led=' '
main=
since=
indexed=
close=') '
say() { echo "$own $*"; }
has() { case $1 in (*" $2 "*) return 0 ;; esac; return 1; }
if [ -r /proc/self/environ ] && [ -r /proc/self/stat ]; then how=proc; else how=ps; fi
environments() { ps axEww -o pid= -o command= 2>/dev/null || ps axeww -o pid= -o command= 2>/dev/null; }
processes() {
  marked=' '
  table=
  if [ $how = proc ]; then
    for file in $(grep -lsF -e "$mark" /proc/[0-9]*/environ 2>/dev/null); do
      file=${file#/proc/}
      marked="$marked${file%/environ} "
    done
    for file in /proc/[0-9]*/stat; do
      { IFS= read -r line <"$file"; } 2>/dev/null || continue
      process=${file#/proc/}
      process=${process%/stat}
      set -- ${line##*"$close"}
      # A zombie with threads is a process whose first thread has ended.
      case $1${18:-1} in (Z[01] | X*) continue ;; esac
      table="$table $process:$2:$3:$4:${20:-0}"
    done
  else
    for process in $(environments | grep -F -e "$mark" | sed 's/^ *\([0-9]*\).*/\1/'); do
      marked="$marked$process "
    done
    table=$(ps -A -o pid= -o ppid= -o pgid= -o stat= 2>/dev/null | sed -e '/[0-9]  *Z/d' -e 's/^ *\([0-9]*\)  *\([0-9]*\)  *\([0-9]*\).*/\1:\2:\3:0:0/')
  fi
}
look() {
  processes
  found=' '
  targets=
  again=y
  while [ -n "$again" ]; do
    again=
    for entry in $table; do
      process=${entry%%:*}
      if has "$found" "$process" || [ "$process" = $$ ]; then continue; fi
      rest=${entry#*:}
      parent=${rest%%:*}
      rest=${rest#*:}
      group=${rest%%:*}
      rest=${rest#*:}
      session=${rest%%:*}
      began=${rest#*:}
      if has "$marked" "$process" || has "$known" "$process@$began" || has "$found" "$parent" || has "$led" "$session"; then
        again=y
        found="$found$process "
        targets="$targets $process:$group"
        has "$known" "$process@$began" || known="$known $process@$began "
        if [ "$process" = "$session" ] && ! has "$led" "$session"; then
          led="$led$session "
          if [ -z "$main" ] && [ "$parent" != 1 ] && ! has "$found$marked" "$parent"; then
            main=$session
            # Exactly.
            [ -z "$since" ] || since=$began
          fi
        fi
      fi
    done
  done
}
# A variable for each line of the table: to cut a line out of it takes a shell as long as the table is, squared.
index() {
  for process in $indexed; do unset "e$process"; done
  indexed=
  for entry in $table; do
    eval "e${entry%%:*}=${entry#*:}"
    indexed="$indexed ${entry%%:*}"
  done
}
# The line of a process in the table, without its number.
lookup() {
  eval "line=\${e$1-}"
  [ -n "$line" ]
}
# Whether it began after the command, and whatever led to it is younger, too, up to one that has lost its parent. What has a
# living parent from before belongs to that: to another session of the server, to cron, to a terminal.
orphan() {
  up=$1
  while lookup "$up"; do
    [ "${line##*:}" -ge "$since" ] || return 1
    up=${line%%:*}
    [ "$up" != $$ ] || return 1
    [ "$up" -gt 1 ] || return 0
  done
}
uid_of() {
  uid=
  while read -r key number rest; do
    if [ "$key" = Uid: ]; then
      uid=$number
      break
    fi
  done <"/proc/$1/status"
}
# Whether the environment shows that it is not the command's. What clears its environment (env -i, su -), writes over it (a
# daemon with a title) or hides it (a program with more rights, such as ssh-agent) shows nothing.
stranger() {
  uid_of "$1"
  if [ $place = HERE ] && [ "$uid" != "$me" ]; then return 0; fi
  if has "$readable" "$1"; then
    if has "$others" "$1"; then return 0; fi
    if [ $place = HERE ]; then has "$pathful" "$1"; return; fi
    if has "$ours" "$1"; then return 1; fi
    has "$connected" "$1"
    return
  fi
  if [ "$uid" = "$me" ]; then return 1; fi
  # Of others too little can be seen, unless they have lost their session, too, and nothing was seen of the command's own.
  [ -z "$main" ] || return 0
  lookup "$1" || return 0
  leader=${line#*:*:}
  leader=${leader%%:*}
  if lookup "$leader"; then return 0; fi
  [ "$uid" != 0 ]
}
# The processes whose environment matches, of all that may be looked at. One program for all of them: each costs a start.
whose() {
  whose=' '
  for file in $(grep -ls "$@" 2>/dev/null); do
    file=${file#/proc/}
    whose="$whose${file%/environ} "
  done
}
environs() {
  files=
  readable=' '
  for process in $young; do
    # Not ":", at which a shell ends when it cannot open the file.
    if [ -r "/proc/$process/environ" ] && { true <"/proc/$process/environ"; } 2>/dev/null; then
      files="$files /proc/$process/environ"
      readable="$readable$process "
    fi
  done
  others=' '
  ours=' '
  connected=' '
  pathful=' '
  [ -n "$files" ] || return 0
  # shellcheck disable=SC2086
  whose -F -e LC_MUXPOOL_MARK= $files
  others=$whose
  if [ $place = HERE ]; then
    whose -F -e PATH= $files
    pathful=$whose
  else
    whose -F -e SSH_CONNECTION= $files
    connected=$whose
    if [ -n "${SSH_CONNECTION-}" ] && [ "$connected" != ' ' ]; then
      whose -F -e "SSH_CONNECTION=$SSH_CONNECTION" $files
      ours=$whose
    fi
  fi
}
# Processes that may be the command's own, and that nothing shows to be, since they carry no mark: named, and never killed.
suspects() {
  [ $how = proc ] && [ -n "$since" ] || return 0
  { IFS= read -r cgroup </proc/$$/cgroup; } 2>/dev/null || cgroup=
  young=
  index
  for entry in $table; do
    process=${entry%%:*}
    if [ "${entry##*:}" -lt "$since" ] || [ "$process" = $$ ] || has "$found" "$process"; then continue; fi
    orphan "$process" || continue
    { IFS= read -r its </proc/"$process"/cgroup; } 2>/dev/null || its=$cgroup
    [ "$its" != "$cgroup" ] || young="$young $process"
  done
  [ -n "$young" ] || return 0
  uid_of $$
  me=$uid
  environs
  for process in $young; do
    stranger "$process" 2>/dev/null || describe maybe "$process"
  done
}
describe() {
  describing=$2
  owner=$(ps -o user= -p "$2" 2>/dev/null)
  if [ $how = proc ]; then
    words=$(tr '\000\n\t\134' '    ' <"/proc/$2/cmdline" 2>/dev/null | cut -c 1-200)
    [ -n "$words" ] || return 0
    kind=$1
    set -- $(ls -ld "/proc/$2" 2>/dev/null)
    # That of a process that hides its memory is root's.
    owner=${owner:-$3}
  else
    kind=$1
    words=$(ps -o command= -p "$2" 2>/dev/null | tr '\134' ' ' | cut -c 1-200)
    [ -n "$words" ] || return 0
  fi
  say $kind "$describing" "${owner:-?}" "${words:-?}"
}
before=0
count() {
  look
  [ "$found" != ' ' ] || suspects
  set -- $found
  [ $# -le $before ] || before=$#
  say count $# $before
}
term() {
  look
  set -- "$1" $found
  before=$(($# - 1))
  for target in $targets; do
    if [ "$1" = all ] || [ "${target#*:}" != "$main" ]; then
      kill -s TERM "${target%%:*}" 2>/dev/null
      kill -s CONT "${target%%:*}" 2>/dev/null
    fi
  done
  count
}
finish() {
  round=0
  while look && [ "$found" != ' ' ] && [ $round -lt 60 ]; do
    round=$((round + 1))
    # Stopped, they cannot fork any more. What cannot be stopped, being another user's, may fork for ever.
    stopped=' '
    fresh=y
    tries=0
    while [ -n "$fresh" ] && [ $tries -lt 30 ]; do
      fresh=
      tries=$((tries + 1))
      for process in $found; do
        if ! has "$stopped" "$process" && kill -s STOP "$process" 2>/dev/null; then
          fresh=y
          stopped="$stopped$process "
        fi
      done
      look
    done
    mine=
    for process in $found; do kill -s KILL "$process" 2>/dev/null && mine=y; done
    [ -n "$mine" ] || break
    [ $round -lt 3 ] || sleep 0.05 2>/dev/null || sleep 1
  done
  suspects
  for process in $found; do describe left "$process"; done
  say end
}
carried=unmarked
[ "${LC_MUXPOOL_MARK-}" != "$sent" ] || carried=marked
view=whole
if [ $how = proc ] && ! [ -r /proc/1/stat ]; then view=partial; fi
# A table without this very shell shows nothing that can be relied on.
processes
case " $table" in (*" $$:"*) ;; (*) view=partial ;; esac
# In hundredths of a second since this machine was started, as the kernel counts them.
if { read -r up idle </proc/uptime; } 2>/dev/null; then
  now=$((${up%%.*} * 100 + (1${up#*.} - 100) - age))
  # The age has been on its way here.
  since=$((now - 200))
  # The connection that carries the command is older than that, and this shell's.
  index
  if [ $place = OF_THE_COMMAND ] && lookup $$; then
    leader=${line#*:*:}
    leader=${leader%%:*}
    if lookup "$leader" && lookup "${line%%:*}" && [ "${line##*:}" -le "$now" ] && [ "${line##*:}" -gt "$since" ]; then
      since=${line##*:}
    fi
  fi
fi
say ready $carried $how $view
