#!/bin/sh
# Sets livespec up in this checkout: scripts/setup.sh run|test|lint|bench
#
# Installs the system packages that are missing, where it may (Debian or Ubuntu, as root or with
# password-less sudo), and prints the command where it may not; then fills .venv. It may be
# interrupted and repeated: the stamps that tell make "ready" are written last.
# PYTHON=… chooses the interpreter; else it is the first of 3.11 or newer on the PATH.
set -eu
cd "$(dirname "$0")/.."
use=${1-}
case $use in run | test | lint | bench) ;; *) echo "usage: scripts/setup.sh run|test|lint|bench" >&2; exit 2 ;; esac

# What the wheels do not bring on Linux: for which use, the library or command that shows it is
# there, and the package that has it on Debian and Ubuntu, on Fedora, and on Arch.
needs='
run   libportaudio.so.2              libportaudio2        portaudio                portaudio
run   libasound_module_pcm_pulse.so  libasound2-plugins   alsa-plugins-pulseaudio  alsa-plugins
run   libpulse.so.0                  libpulse0            pulseaudio-libs          libpulse
run   libEGL.so.1                    libegl1              libglvnd-egl             libglvnd
run   libGL.so.1                     libgl1               libglvnd-glx             libglvnd
run   libdbus-1.so.3                 libdbus-1-3          dbus-libs                dbus
run   libfontconfig.so.1             libfontconfig1       fontconfig               fontconfig
run   libfreetype.so.6               libfreetype6         freetype                 freetype2
run   libglib-2.0.so.0               libglib2.0-0         glib2                    glib2
run   libX11.so.6                    libx11-6             libX11                   libx11
run   libX11-xcb.so.1                libx11-xcb1          libX11-xcb               libx11
run   libxcb-cursor.so.0             libxcb-cursor0       xcb-util-cursor          xcb-util-cursor
run   libxcb-glx.so.0                libxcb-glx0          libxcb                   libxcb
run   libxcb-icccm.so.4              libxcb-icccm4        xcb-util-wm              xcb-util-wm
run   libxcb-image.so.0              libxcb-image0        xcb-util-image           xcb-util-image
run   libxcb-keysyms.so.1            libxcb-keysyms1      xcb-util-keysyms         xcb-util-keysyms
run   libxcb-randr.so.0              libxcb-randr0        libxcb                   libxcb
run   libxcb-render-util.so.0        libxcb-render-util0  xcb-util-renderutil      xcb-util-renderutil
run   libxcb-shape.so.0              libxcb-shape0        libxcb                   libxcb
run   libxcb-shm.so.0                libxcb-shm0          libxcb                   libxcb
run   libxcb-sync.so.1               libxcb-sync1         libxcb                   libxcb
run   libxcb-util.so.1               libxcb-util1         xcb-util                 xcb-util
run   libxcb-xfixes.so.0             libxcb-xfixes0       libxcb                   libxcb
run   libxcb-xkb.so.1                libxcb-xkb1          libxcb                   libxcb
run   libxkbcommon.so.0              libxkbcommon0        libxkbcommon             libxkbcommon
run   libxkbcommon-x11.so.0          libxkbcommon-x11-0   libxkbcommon-x11         libxkbcommon-x11
run   libwayland-client.so.0         libwayland-client0   libwayland-client        wayland
run   libwayland-cursor.so.0         libwayland-cursor0   libwayland-cursor        wayland
run   libwayland-egl.so.1            libwayland-egl1      libwayland-egl           wayland
test  libGLX_mesa.so.0               libglx-mesa0         mesa-libGL               mesa
test  Xvfb                           xvfb                 xorg-x11-server-Xvfb     xorg-server-xvfb
test  xdotool                        xdotool              xdotool                  xdotool
test  import                         imagemagick          ImageMagick              imagemagick
test  pulseaudio                     pulseaudio           pulseaudio               pulseaudio
test  pactl                          pulseaudio-utils     pulseaudio-utils         libpulse
test  pipewire                       pipewire             pipewire                 pipewire
test  wireplumber                    wireplumber          wireplumber              wireplumber
test  dbus-daemon                    dbus-daemon          dbus-daemon              dbus
test  sway                           sway                 sway                     sway
test  grim                           grim                 grim                     grim
test  wtype                          wtype                wtype                    wtype
test  git                            git                  git-core                 git
'

say() { echo "setup: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { new_enough "$1" && "$1" -c 'import ensurepip, venv' 2>/dev/null; }
venv_works() { new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }

first_python() { # that passes the test $1
  for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if "$1" "$python"; then echo "$python"; return; fi
  done
  return 1
}

has_library() { # of this machine's own word size; ALSA's plugins lie where the loader does not look
  if echo "$loader_cache" | grep -q "[[:space:]]$1 (libc6,"; then return; fi
  for plugin in /usr/lib*/alsa-lib/"$1" /usr/lib/*/alsa-lib/"$1"; do
    if [ -e "$plugin" ]; then return; fi
  done
  return 1
}

python_package() {
  case $manager in
    apt-get)
      if python=$(first_python new_enough); then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
      else
        for minor in 13 12 11; do # Debian and Ubuntu have one or two of them
          if apt-cache show "python3.$minor-venv" >/dev/null 2>&1; then echo "python3.$minor-venv"; return; fi
        done
        echo python3-venv
      fi ;;
    brew) echo python@3.13 ;;
    pacman) echo python ;;
    *) echo python3.12 ;;
  esac
}

missing() { # the packages to install, in one line; where no package manager is known, what they bring
  { missing_python; missing_libraries; } | sort -u | paste -s -d ' ' -
}

missing_python() { venv_works || first_python makes_venvs >/dev/null || python_package; }

missing_libraries() {
  if [ "$(uname)" != Linux ] || [ "$use" = lint ]; then return; fi
  loader_cache=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)
  echo "$needs" | while read -r wanted_by probe debian fedora arch; do
    case $wanted_by:$use in run:* | test:test | test:bench) ;; *) continue ;; esac
    case $probe in
      *.so*) if has_library "$probe"; then continue; fi ;;
      *) if have "$probe"; then continue; fi ;;
    esac
    case $manager in
      apt-get) echo "$debian" ;;
      dnf) echo "$fedora" ;;
      pacman) echo "$arch" ;;
      *) echo "$probe" ;;
    esac
  done
}

apt_install() { # never at the price of a package that is there, such as the desktop's own sound server
  $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends --no-remove "$@" >/dev/null
}

for manager in apt-get dnf pacman brew none; do if have "$manager"; then break; fi; done
if [ "$(id -u)" = 0 ]; then as_root=''; else as_root='sudo -n'; fi

packages=$(missing)
if [ -n "$packages" ] && [ "$manager" = apt-get ] && $as_root true 2>/dev/null; then
  say "installing the system's $packages"
  # shellcheck disable=SC2086 # a list of words
  log=$(apt_install $packages 2>&1) ||
    log=$($as_root apt-get update -qq 2>&1 && apt_install $packages 2>&1) || echo "$log" >&2
  packages=$(missing)
fi
if [ -n "$packages" ]; then
  case $manager in
    apt-get) command='sudo apt-get install --no-install-recommends' ;;
    dnf) command='sudo dnf install' ;;
    pacman) command='sudo pacman -S --needed' ;;
    brew) command='brew install' ;;
    none) command='your package manager, what brings' ;;
  esac
  {
    say "missing on this system: $packages"
    say "install with: $command $packages"
  } >&2
  exit 1
fi

if ! venv_works; then
  python=$(first_python makes_venvs)
  say "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi
say "installing livespec$([ "$use" = run ] || echo " and what $use needs")"
pip() { PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip "$@"; }
pip install --quiet 'pip>=25.1' # the first that knows --group
case $use in
  run) pip install --quiet --editable . && touch .venv/.run-ready ;;
  test) pip install --quiet --editable '.[cluster,fftw,figures,mkl]' --group test && touch .venv/.run-ready .venv/.test-ready ;;
  lint) pip install --quiet --editable . --group lint && touch .venv/.lint-ready ;;
  bench)
    # torch from where it comes without CUDA, a tenth of the size; from PyPI where that cannot be reached
    pip install --quiet --retries 1 --index-url https://download.pytorch.org/whl/cpu torch 2>/dev/null || true
    pip install --quiet --editable '.[cluster,fftw,figures,mkl]' --group test --group bench &&
      touch .venv/.run-ready .venv/.test-ready .venv/.bench-ready ;;
esac
