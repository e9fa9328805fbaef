unset CDPATH
LC_ALL=C
export LC_ALL
trap '' HUP TERM
known=
led=' '
main=
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
          if [ -z "$main" ] && [ "$parent" != 1 ] && ! has "$found$marked" "$parent"; then main=$session; fi
        fi
      fi
    done
  done
}
# Processes that may be the command's own, and that nothing shows to be: they carry no mark, the first process of their session
# is gone, they and that session began after the command did, and they are the user's own or root's. Not needed where the
# command's own first process was seen: then all that belongs to it was. Without an age, nothing is suspected.
suspects() {
  [ $how = proc ] && [ -z "$main" ] && [ -n "$age" ] || return 0
  living=' '
  server=
  for entry in $table; do
    living="$living${entry%%:*} "
    case $entry in ($$:*) entry=${entry#*:*:*:}; session=${entry%%:*} ;; esac
  done
  # A server that makes no session for each command leaves nothing to tell by.
  [ "${session:-none}" = $$ ] || [ "${session:-none}" = $PPID ] || return 0
  for entry in $table; do
    case $entry in ("$session":*) entry=${entry#*:}; server=${entry%%:*} ;; esac
  done
  read -r up idle </proc/uptime
  since=$(((${up%%.*} - age - 2) * 100))
  set -- $(ls -ldn /proc/$$)
  me=$3
  for entry in $table; do
    process=${entry%%:*}
    began=${entry##*:}
    entry=${entry#*:*:*:}
    led_by=${entry%%:*}
    if [ "$began" -ge $since ] && [ "$led_by" -gt "${server:-0}" ] && ! has "$living" "$led_by" && ! has "$found" "$process"; then
      set -- $(ls -ldn "/proc/$process" 2>/dev/null)
      case ${3:-none} in ("$me" | 0) describe maybe "$process" ;; esac
    fi
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
    owner=${3:-$owner}
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
say ready $carried $how $view
