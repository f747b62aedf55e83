@echo off
rem Runs Plumbline from its distribution.
rem
rem   PLUMBLINE_HEAP        memory of the Java heap (default 1g)
rem   PLUMBLINE_CLASSPATH   jars and folders of classes of your own, such as rules of reward trees
rem   PLUMBLINE_MEMORY      memory of the whole process, tensors included (default 12g)
rem   PLUMBLINE_JAVA_OPTS   further options of java
rem   PLUMBLINE_DATE        the day that chat templates tell, as 2024-07-26 (default: today)
rem   JAVA_HOME             the JDK to use, 17 or later (default: java on the PATH)

setlocal
set "ROOT=%~dp0.."
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" -version >nul 2>&1
if errorlevel 1 (
  echo plumbline: no java found; install a JDK 17 or later, or set JAVA_HOME to one 1>&2
  exit /b 2
)
set "MAJOR="
for /f "tokens=3" %%v in ('""%JAVA%" -version 2>&1" ^| findstr /c:" version "') do if not defined MAJOR for /f "tokens=1 delims=.-" %%m in ("%%~v") do set "MAJOR=%%m"
if not defined MAJOR (
  echo plumbline: cannot tell the version of %JAVA%; set JAVA_HOME to a JDK 17 or later 1>&2
  exit /b 2
)
if %MAJOR% LSS 17 (
  echo plumbline: %JAVA% is version %MAJOR%, wanted 17 or later; set JAVA_HOME to a newer JDK 1>&2
  exit /b 2
)
if not defined PLUMBLINE_HEAP set "PLUMBLINE_HEAP=1g"
if not defined PLUMBLINE_MEMORY set "PLUMBLINE_MEMORY=12g"
set "NATIVE="
if %MAJOR% GEQ 24 set "NATIVE=--enable-native-access=ALL-UNNAMED"
set "CP=%ROOT%\lib\*"
if defined PLUMBLINE_CLASSPATH set "CP=%CP%;%PLUMBLINE_CLASSPATH%"
"%JAVA%" -XX:InitialRAMPercentage=0.1 -Xmx%PLUMBLINE_HEAP% -XX:+UseSerialGC -Dfile.encoding=UTF-8 -Dorg.bytedeco.javacpp.nopointergc=true -Dorg.bytedeco.javacpp.maxPhysicalBytes=%PLUMBLINE_MEMORY% %NATIVE% %PLUMBLINE_JAVA_OPTS% -cp "%CP%" plumbline.cli.Main %*
exit /b %ERRORLEVEL%
