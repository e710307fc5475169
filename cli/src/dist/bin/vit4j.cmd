@echo off
rem Runs the vit4j command of this folder. It uses the Java in runtime\ if the folder has one, and else needs a JDK (17 or newer).
rem VIT4J_CLASSPATH names jars to add, such as a family of models; VIT4J_JAVA_OPTS adds flags for Java; JAVA_HOME chooses a Java.
setlocal
set "java=java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
if exist "%~dp0..\runtime\bin\java.exe" set "java=%~dp0..\runtime\bin\java"
where "%java%" >nul 2>&1
if errorlevel 1 if not exist "%java%.exe" (
  echo vit4j: %java% is not found; install a JDK, 17 or newer, or set JAVA_HOME to one 1>&2
  exit /b 2
)
set "cp=%~dp0..\lib\*"
if defined VIT4J_CLASSPATH set "cp=%cp%;%VIT4J_CLASSPATH%"
"%java%" -Djava.awt.headless=true -XX:+UseParallelGC -Xms80m -Xmn48m -Xshare:auto %VIT4J_JAVA_OPTS% -cp "%cp%" io.vit4j.cli.Main %*
exit /b %errorlevel%
