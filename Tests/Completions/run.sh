#!/usr/bin/env bash
# Tries the completions in each shell that is installed (bash, zsh, fish): the script loads without a word, and the tab key
# offers what it should.
#
# usage: Tests/Completions/run.sh IRIS
set -euo pipefail
iris=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/iris-completions.XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$iris" --generate-completion-script bash > "$folder/iris.bash"
"$iris" --generate-completion-script zsh > "$folder/_iris"
"$iris" --generate-completion-script fish > "$folder/iris.fish"
touch "$folder/scan.nii.gz"
cd "$folder"
failures=0

expect() { # SHELL LINE WORD ...: what OFFER SHELL gives for the line, in any order
    local shell=$1 line=$2 found wanted
    shift 2
    wanted=$(printf '%s\n' "$@" | sort)
    found=$("offer_$shell" "$line" 2> errors | sed 's/[[:space:]]*$//' | sort) || found="status $?"
    if [ "$found" = "$wanted" ] && [ ! -s errors ]; then return; fi
    printf 'FAIL %s: "%s" and the tab key: expected %s but found %s %s\n' \
        "$shell" "$line" "$(echo $wanted)" "$(echo $found)" "$(cat errors)"
    failures=$((failures + 1))
}

# bash calls the function that is registered for the program, with the line in its variables.
offer_bash() {
    bash --norc -c '
        source ./iris.bash
        COMP_LINE=$1 COMP_POINT=${#1}
        read -ra COMP_WORDS <<< "$1"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_TYPE=9 COMP_KEY=9
        function=$(complete -p iris | sed "s/.* -F \([^ ]*\).*/\1/")
        "$function" iris "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

# zsh completes only in its line editor: on a terminal of its own, whose line a second key writes to a file.
offer_zsh() {
    rm -f line
    zsh -f -c '
        zmodload zsh/zpty
        zpty editor "TERM=dumb zsh -f -i"
        zpty -w editor "PS1= fpath=(${(q)PWD} \$fpath); autoload -Uz compinit && compinit -u -D 2> complaints"
        zpty -w editor "write-line() { print -r -- \$BUFFER > line.part; mv line.part line }; zle -N write-line; bindkey ^X write-line"
        zpty -w -n editor "$1"$'"'"'\t\x18'"'"'
        for try in {1..200}; do [[ -e line ]] && break; sleep 0.05; done
        zpty -d editor' zsh "$1"
    cat complaints >&2
    sed 's/.* //' < <(sed 's/[[:space:]]*$//' line)
}

offer_fish() {
    HOME=$folder fish --no-config -c "source ./iris.fish; complete -C'$1'" | cut -f 1
}

for shell in bash zsh fish; do
    if ! command -v "$shell" > /dev/null; then echo "$shell is absent: its completions are not tried"; continue; fi
    case $shell in bash) script=iris.bash ;; zsh) script=_iris ;; fish) script=iris.fish ;; esac
    "$shell" -n "$script" || { echo "FAIL $shell: $script is not understood"; failures=$((failures + 1)); continue; }
    expect "$shell" "iris aud" audit
    expect "$shell" "iris store ver" verify
    expect "$shell" "iris store brick --rema" --remake
    expect "$shell" "iris info sc" scan.nii.gz
    # zsh puts in what is common, the others list.
    case $shell in
        zsh) expect "$shell" "iris store brick --re" --rem ;;
        *) expect "$shell" "iris store brick --re" --remake --remove ;;
    esac
    echo "$shell: tried"
done
[ "$failures" -eq 0 ]
